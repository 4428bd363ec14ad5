using VfAgent.Simulation.Tests.Actors.Pods;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Everybody who may take part.</summary>
internal static class Cast
{
    public const string Controller = "controller";
    public const string Router = "router";
    public const string Pods = "pods";

    private static readonly Dictionary<string, Func<Run, Random, Actor>> _all = new(StringComparer.Ordinal)
    {
        [Controller] = (run, random) => new Controller(run, random),
        ["containers"] = (run, random) => new Containers(run, random),
        ["machines"] = (run, random) => new VirtualMachines(run, random),
        ["administrator"] = (run, random) => new Administrator(run, random),
        ["technician"] = (run, random) => new Technician(run, random),
        ["script"] = (run, random) => new Script(run, random),
        [Router] = (run, random) => new Router(run, random),
        ["operator"] = (run, random) => new Operator(run, random),
        [Pods] = (run, random) => new PodRuntime(run, random),
    };

    public static IEnumerable<string> Names => _all.Keys;

    public static Actor Make(string name, Run run) => _all[name](run, Seeds.For(run.Plan.Seed, name));
}
