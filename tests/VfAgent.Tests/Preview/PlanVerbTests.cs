using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Desired;
using VfAgent.Options;
using VfAgent.Preview;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;
using VfAgent.Simulation;
using VfAgent.State;
using VfAgent.Tests.Doctor;
using VfAgent.Tests.Stories;
using Disruption = VfAgent.Protocol.V1.Disruption;
using Plan = VfAgent.Protocol.V1.Plan;

namespace VfAgent.Tests.Preview;

public sealed class PlanVerbTests : IDisposable
{
    private const string State = "/var/lib/vfagent";
    private const string Pf = "/sys/bus/pci/devices/0000:02:00.0";

    private const string Example = $$"""{"resourceConfigs":[{{Payloads.Resource}}],"networkattachments":[{{Payloads.Attachment}}]}""";

    private const string ExamplePlan = """
        0000:02:00.0 (eth3) of resource eth3-vfs
            1  record 0000:02:00.0 as managed by resource eth3-vfs
            2  set 0000:02:00.0 sriov_numvfs to 4 [PF link blip]
        networkattachments/f1-u
            -  PENDING VfsNotReady: resource eth3-vfs has no VF ready yet
               -> look at the resource's status: the attachment heals with it

        Then, as far as can be told now:

        networkattachments/f1-u
            3  assign VF 0 of 0000:02:00.0 to network attachment f1-u
            4  write vfagent-f1-u.conflist

        4 steps, at worst: PF link blip.

        """;

    private readonly Patient _host = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public PlanVerbTests() => Assert.Null(_host.World.Kernel.SetLinkUp(IfIndex("eth3"), up: true));

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
        _host.Dispose();
    }

    [Fact]
    public async Task It_says_what_would_be_done_and_touches_nothing()
    {
        int before = _host.World.Writes;

        Assert.Equal(0, await RunAsync(Example));

        Assert.Equal(ExamplePlan, _output.ToString());
        Assert.Equal("", _errors.ToString());
        Assert.Equal(before, _host.World.Writes);
    }

    [Fact]
    public async Task README_shows_what_it_prints_on_a_simulated_host()
    {
        Assert.Null(_host.World.Kernel.SetLinkUp(IfIndex("eth3"), up: false));

        Assert.Equal(0, await RunAsync(Example));

        string readme = await Readme.ReadAsync();
        Assert.Contains($"```\n{_output}```", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Protobuf_is_read_as_well()
    {
        byte[] payload = PayloadReader.ReadHostConfig(Encoding.UTF8.GetBytes(Example)).Value!.ToByteArray();

        Assert.Equal(0, await RunAsync(payload));

        Assert.Equal(ExamplePlan, _output.ToString());
    }

    [Fact]
    public async Task Programs_get_the_same_as_JSON()
    {
        Assert.Equal(0, await RunAsync(Encoding.UTF8.GetBytes(Example), json: true));

        Plan plan = Plan.Parser.ParseJson(_output.ToString());
        Assert.Equal("h1", plan.HostId);
        Assert.Equal(2, plan.Passes.Count);
        Plan.Types.Item pf = plan.Passes[0].Items[0];
        Assert.Equal(("0000:02:00.0", "eth3-vfs"), (pf.Object, pf.ResourceName));
        Assert.Equal([Disruption.Types.Value.None, Disruption.Types.Value.PfLinkBlip], pf.Steps.Select(step => step.Disruption));
        Plan.Types.Item attachment = plan.Passes[0].Items[1];
        Assert.Equal((Phase.Types.Value.Pending, "VfsNotReady"), (attachment.Phase, attachment.Conditions.Single().Reason));
        Assert.Equal("write vfagent-f1-u.conflist", plan.Passes[1].Items.Single().Steps[^1].Action);
        Assert.Contains("\"disruption\": \"PF_LINK_BLIP\"", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_ledger_knows_and_the_file_leaves_out_would_go()
    {
        Assert.Null(_host.World.Kernel.Write($"{Pf}/sriov_numvfs", "4"));
        _host.Disk.Put($"{State}/ledger/pfs/0000:02:00.0", """{"resource":"eth3-vfs","originalNumVfs":0,"originalMtu":1500}""");
        _host.Disk.Put($"{State}/ledger/attachments/f1-u", """{"resource":"eth3-vfs","pf":"0000:02:00.0","vfIndex":0}""");
        _host.Disk.Put("/etc/cni/net.d/vfagent-f1-u.conflist", """{"name":"f1-u","plugins":[{"type":"sriov","deviceID":"0000:02:10.0"}]}""");

        Assert.Equal(0, await RunAsync("{}"));

        Assert.Equal("""
            0000:02:00.0 (eth3) of resource eth3-vfs
                1  set 0000:02:00.0 sriov_numvfs to 0 [PF link blip]
            networkattachments/f1-u
                2  remove vfagent-f1-u.conflist
                3  forget network attachment f1-u

            Then, as far as can be told now:

            0000:02:00.0 (eth3) of resource eth3-vfs
                4  record 0000:02:00.0 as no longer managed

            4 steps, at worst: PF link blip.

            """, _output.ToString());
    }

    [Fact]
    public async Task A_host_in_sync_has_nothing_to_do()
    {
        Assert.Equal(0, await RunAsync("{}"));
        Assert.Equal("In sync: nothing to do.\n", _output.ToString());
    }

    [Fact]
    public async Task The_way_to_a_broker_that_is_set_by_its_address_is_not_cut_off()
    {
        _host.Kernel.Files["/proc/net/route"] = "Iface\neth3\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\n";

        Assert.Equal(0, await RunAsync(Example));

        Assert.Contains("ManagementNic: 0000:02:00.0 carries the connection to the broker", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_with_the_config_is_named()
    {
        Assert.Equal(2, await RunAsync("""{"resourceConfigs":[{"name":"-","numVfs":0}],"networkattachments":[{"name":"f1-u"}]}"""));

        Assert.Equal("", _output.ToString());
        foreach (string field in (string[])["resourceConfigs[0].name", "resourceConfigs[0].numVfs", "resourceConfigs[0].nicSelector", "networkattachments[0].config"])
            Assert.Contains($"vfagent: wish.json: {field}: ", _errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sys/bus/pci/devices", Errno.ENOENT)]
    [InlineData("/etc/cni/net.d", Errno.EACCES)]
    [InlineData("/var/lib/cni/results", Errno.EACCES)]
    [InlineData($"{State}/ledger/attachments", Errno.EACCES)]
    [InlineData($"{State}/ledger/attachments/f1-u", Errno.EACCES)]
    [InlineData($"{State}/ledger/attachments/f1-u", Errno.EIO)]
    [InlineData($"{State}/ledger/pfs", Errno.EIO)]
    public async Task A_host_that_cannot_be_read_gets_no_plan(string path, Errno errno)
    {
        _host.Disk.Put($"{State}/ledger/attachments/f1-u", "{}");
        _host.World.Faults = call => call.Path == path ? Fault.Fail(errno) : Fault.None;

        Assert.Equal(1, await RunAsync(Example, isRoot: false));

        Assert.Equal("", _output.ToString());
        Assert.Contains($"{path}: {errno} (this is not root)", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_entry_of_the_ledger_is_told_and_the_plan_goes_on()
    {
        _host.Disk.Put($"{State}/ledger/pfs/0000:02:00.0", "{");

        Assert.Equal(0, await RunAsync(Example));

        Assert.Contains($"warning: {State}/ledger/pfs/0000:02:00.0", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExamplePlan, _output.ToString());
    }

    [Theory]
    [InlineData(Example, true)]
    [InlineData($$"""{"resourceConfigs":[{{Payloads.Resource}}],"generation":2}""", true)]
    [InlineData("""{"resourceConfigs":[{"name":"eth3-vfs","numVfs":5,"nicSelector":{"pfNames":["eth3"]}}]}""", false)]
    public async Task What_has_cut_the_host_off_before_is_told(string config, bool told)
    {
        DesiredState regretted = ConfigCodec.Decode(MessageKey.Of(ConfigTopic.Document), Encoding.UTF8.GetBytes(Example), contentType: null).Message!.ToState();
        var before = PfTarget.Before(PciAddress.Parse("0000:02:00.0"), 0, 1500, null, ImmutableSortedDictionary<int, VfTarget>.Empty);
        var change = new UnconfirmedChange(before, WishDigest.Of(regretted.Resources.Values)) { IsRegretted = true };
        var ledger = new LedgerFiles(new DurableFiles(_host.Disk), State);
        Assert.True(ledger.Load().Ok);
        Assert.Null(ledger.Apply(new RecordChange(change)));

        Assert.Equal(0, await RunAsync(config));

        Assert.Equal(told, _errors.ToString().Contains("what eth3-vfs asks of 0000:02:00.0 has cut this host off from the broker", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Whoever_cannot_see_who_has_a_VF_open_is_told_so(bool isRoot, bool told)
    {
        SimulatedKernel kernel = _host.World.Kernel;
        Assert.Null(kernel.LoadModule("vfio_pci"));
        Assert.Null(kernel.Write($"{Pf}/sriov_numvfs", "1"));
        Assert.Null(kernel.Write("/sys/bus/pci/devices/0000:02:10.0/driver_override", "vfio-pci\n"));
        Assert.Null(kernel.Write("/sys/bus/pci/drivers/igbvf/unbind", "0000:02:10.0"));
        Assert.Null(kernel.Write("/sys/bus/pci/drivers_probe", "0000:02:10.0"));

        Assert.Equal(0, await RunAsync(Example, isRoot));

        Assert.Equal(told, _errors.ToString().Contains("through vfio are not seen", StringComparison.Ordinal));
    }

    private Task<int> RunAsync(string config, bool isRoot = true) => RunAsync(Encoding.UTF8.GetBytes(config), isRoot: isRoot);

    private Task<int> RunAsync(byte[] config, bool json = false, bool isRoot = true)
    {
        (Settings? settings, _) = SettingsLoader.Load(new SettingsSources(
            ["--Agent:HostId=h1", $"--Agent:StateDirectory={State}", "--Mqtt:Server=mqtt://10.0.0.7"], new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent"));
        return new PlanVerb(settings!, _host.Kernel, _host.Disk, TimeProvider.System, isRoot, _output, _errors).RunAsync(("wish.json", config), json);
    }

    private int IfIndex(string netdev) => int.Parse(_host.World.Kernel.Read($"{Pf}/net/{netdev}/ifindex").Value!);
}
