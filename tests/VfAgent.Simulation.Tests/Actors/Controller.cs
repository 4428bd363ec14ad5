using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>A fleet controller without judgement: good, bad and contradictory config, in any order.</summary>
internal sealed class Controller(Run run, Random random) : Actor(run, random)
{
    private static readonly string[] _resources = ["r1", "r2", "r3"];
    private static readonly string[] _attachments = ["a1", "a2", "a3", "a4", "a5", "a6"];
    private static readonly string[] _plugins = ["sriov", "host-device", "bridge"];

    // Each has tastes: what many worlds have a little of, few have enough of to show a bug. Pods take VFs on vfio-pci in a way of their own.
    private readonly double _vfio = run.Plan.HasPools ? random.Of(0.15, 0.4, 0.7) : random.Of(0, 0.25, 0.7);
    private readonly double _ranges = random.Of(0, 0.3, 0.9);
    private readonly double _retain = random.Of(0, 0.3);
    private readonly double _handsOff = random.Of(0, 0.12);
    private readonly double _eswitch = random.Of(0, 0.1, 0.6);
    private readonly double _managementNics = run.Plan.HangsOnMtu ? 0.9 : random.Of(0.1, 0.3, 0.9);
    private readonly int[] _mtus = run.Plan.HangsOnMtu ? [1500, 9000] : random.Of<int[]>([0], [0, 0, 1500, 9000], [1500, 9000]);

    private int _generation;

    protected override string Name => "controller";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(10, 60, 180));

    protected override void Act()
    {
        Wish wish = Random.Next(100) switch
        {
            < 35 => Wish.Of(Resource()),
            < 70 => Wish.Of(Attachment()),
            < 82 => Wish.Delete(Topic()),
            < 90 => Bad(),
            _ => Document(),
        };
        Run.Publish(Name, wish, retain: Random.Chance(0.95));
    }

    private ResourceWish Resource()
    {
        // Most want what is possible.
        Nic nic = Run.Truth.Nics[Random.Next(Run.Truth.Nics.Count)];
        bool possible = Random.Chance(0.9);
        (string kind, string value) = Random.Next(10) switch
        {
            0 => ("drivers", nic.Model.PfDriver),
            1 => ("vendors", nic.Model.Vendor.ToString("x4")),
            2 => ("pfNames", "eth99"),
            < 5 => ("devices", nic.Address),
            _ => ("pfNames", nic.Name),
        };
        int numVfs = possible ? Random.Next(1, Math.Min(nic.Model.TotalVfs, 8) + 1) : nic.Model.TotalVfs + 1;
        (bool isHandsOff, bool isExternal) = (Random.Chance(_handsOff), Random.Chance(0.5));
        var wish = new ResourceWish(
            Random.Of<string>(_resources),
            numVfs,
            possible ? Random.Of(_mtus) : 20_000,
            Random.Chance(0.2),
            Random.Chance(_vfio),
            Random.Of("DEFER", "DEFER", "DEFER", "FORCE", "NEVER"),
            Random.Chance(_retain),
            kind,
            value,
            ++_generation)
        {
            Range = kind == "pfNames" && possible && Random.Chance(_ranges) ? Random.Chance(0.5) ? (0, 1) : (2, 3) : null,
            IsExternal = isHandsOff && isExternal,
            IsObserved = isHandsOff && !isExternal,
            AllowsManagementNic = Random.Chance(_managementNics),
            Eswitch = Random.Chance(_eswitch) ? Random.Of("switchdev", "switchdev", "legacy") : null,
        };

        // Those who share agree about the PF.
        if (wish.Range is not null)
            wish = wish with { NumVfs = 4, Mtu = Random.Of(0, 1500) };
        if (wish.Vfio)
            return wish with { SkipsKernelDriver = Random.Chance(0.3), Defaults = Random.Chance(0.2) ? Settings() : VfWish.None };

        return wish with
        {
            Defaults = Random.Chance(0.3) ? Settings() : VfWish.None,
            Exception = Random.Chance(0.1) && wish.Has(0) ? Settings() : null,
            VfMtu = Random.Chance(0.15) ? 1400 : 0,
        };
    }

    private VfWish Settings() => new(
        Random.Chance(0.6) ? Random.Next(1, 4094) : null,
        Random.Chance(0.4) ? Random.Chance(0.5) : null,
        Random.Chance(0.4) ? Random.Chance(0.5) : null);

    private AttachmentWish Attachment()
    {
        var wish = new AttachmentWish(
            Random.Of<string>(_attachments),
            Random.Chance(0.9) ? Random.Of<string>(_resources) : null,
            Random.Of<string>(_plugins),
            Random.Next(4094),
            ++_generation);
        return wish with { IsPool = Run.Plan.HasPools && wish.Resource is not null && Random.Chance(0.6) };
    }

    // Nothing, something, or a name twice: then it is no good.
    private Wish Document()
    {
        if (Random.Chance(0.1))
            return Wish.Delete(Wish.DocumentTopic);

        ResourceWish[] resources = [.. Enumerable.Range(0, Random.Next(3)).Select(_ => Resource())];
        AttachmentWish[] attachments = [.. Enumerable.Range(0, Random.Next(4)).Select(_ => Attachment())];
        bool isGood = resources.DistinctBy(resource => resource.Name).Count() == resources.Length &&
            attachments.DistinctBy(attachment => attachment.Name).Count() == attachments.Length;
        return Wish.Document(resources, attachments, ++_generation) with { IsValid = isGood };
    }

    private Wish Bad()
    {
        string topic = Topic();
        return Wish.Bad(topic, Random.Of(
            "not JSON", $"{{\"name\":\"other\",\"generation\":{++_generation}}}", "{\"name\":\"r1\",\"numVfs\":0}", "{\"networkattachments\":[{\"name\":\"../x\"}]}", "{\"nonsense\":1}"));
    }

    private string Topic() => Random.Next(10) switch
    {
        < 4 => $"config/resources/{Random.Of<string>(_resources)}",
        < 9 => $"config/networkattachments/{Random.Of<string>(_attachments)}",
        _ => Wish.DocumentTopic,
    };
}
