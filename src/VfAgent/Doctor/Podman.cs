using VfAgent.Core.Kernel;
using VfAgent.Host;

namespace VfAgent.Doctor;

/// <summary>What is known about the podman of this host.</summary>
/// <param name="Installed">Whether it is on the PATH.</param>
/// <param name="Version">Such as <c>4.3.1</c>; null when it did not say.</param>
/// <param name="Backend">The network backend in use, <c>cni</c> or <c>netavark</c>; null when it did not say.</param>
/// <param name="Problem">Why it did not say; null when it did.</param>
/// <param name="Conf">Its configuration files.</param>
internal sealed record Podman(bool Installed, string? Version, string? Backend, string? Problem, ContainersConf Conf)
{
    // The backend that was chosen at the first run is kept beside podman's images, so only podman knows it.
    private static readonly string[] _question = ["info", "--format", "{{.Version.Version}} {{.Host.NetworkBackend}}"];

    // Podman 3 has CNI and knows of no other backend, so it does not understand that question.
    private static readonly string[] _versionQuestion = ["version", "--format", "{{.Client.Version}}"];

    public bool ReadsConflists => Backend == "cni";

    /// <param name="kernel">To read the files on a worker.</param>
    /// <param name="disk">Where they are.</param>
    /// <param name="run">Runs podman with these arguments; null when there is none.</param>
    /// <param name="stop">Gives up.</param>
    public static async Task<Podman> AskAsync(
        IKernel kernel, IDisk disk, Func<IReadOnlyList<string>, CancellationToken, Task<CommandAnswer?>> run, CancellationToken stop)
    {
        ContainersConf conf = await kernel.RunAsync(() => ContainersConf.Read(disk, new Look()));
        CommandAnswer? answer = await run(_question, stop);
        if (answer is null)
            return new Podman(Installed: false, null, null, null, conf);

        if (answer.ExitCode == 0 && answer.Output.Split(' ', StringSplitOptions.TrimEntries) is [var version, var backend])
            return new Podman(Installed: true, version, backend, null, conf);

        return await run(_versionQuestion, stop) is { ExitCode: 0, Output: ['3', '.', ..] old }
            ? new Podman(Installed: true, old, "cni", null, conf)
            : new Podman(Installed: true, null, null, answer.Problem, conf);
    }
}
