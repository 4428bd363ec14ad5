using System.Text.Json.Nodes;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>VFs for user space.</summary>
public sealed class VfioTests
{
    [Fact]
    public async Task Vfs_go_to_vfio_and_back_to_their_driver()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Drivers(status) == "vfio-pci vfio-pci vfio-pci vfio-pci" && InSync(status));
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["cdiDevice"]?.GetValue<string>() == "vfagent.io/vfio=f1-u");
        string group = rig.World.Kernel.ReadLink("/sys/bus/pci/devices/0000:02:10.0/iommu_group").Value!;
        Assert.Contains($"\"/dev/vfio/{group}\"", rig.World.Disk.Look("/etc/cdi/vfagent-vfio-f1-u.json")!.Text, StringComparison.Ordinal);

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Drivers(status) == "igbvf igbvf igbvf igbvf" && InSync(status));
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["cdiDevice"]?.GetValue<string>() == "" && InSync(status));
        Assert.Empty(rig.World.Disk.Files("/etc/cdi"));
        Assert.Equal("(null)", rig.World.Kernel.Read("/sys/bus/pci/devices/0000:02:10.0/driver_override").Value);

        static string Drivers(JsonNode? status) => string.Join(' ', (status?["status"]?.AsArray().FirstOrDefault()?["vfs"]?.AsArray() ?? []).Select(vf => vf!["driver"]!.GetValue<string>()));
        static bool InSync(JsonNode? status) => status!["phase"]!.GetValue<string>() == "IN_SYNC";
    }

    [Fact]
    public async Task Vfio_without_an_iommu_or_without_the_module_says_what_to_do()
    {
        await using HostRig rig = await HostRig.CreateAsync(options: SimulationOptions.Immediate with { Iommu = false });
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        JsonNode degraded = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("IommuDisabled", degraded["conditions"]![1]!["reason"]!.GetValue<string>());

        await using HostRig bare = await HostRig.CreateAsync(options: SimulationOptions.Immediate with { Modules = ["igbvf"] });
        bare.StartAgent();
        await bare.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        degraded = (await bare.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("ModuleMissing", degraded["conditions"]![1]!["reason"]!.GetValue<string>());
    }
}
