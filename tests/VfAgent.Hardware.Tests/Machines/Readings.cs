using System.Text.Json.Nodes;

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>What the machine's own tools say, to hold against what the agent says.</summary>
internal static class Readings
{
    // These the agent says of its own configuration; everything else the machine can be asked for.
    private static readonly string[] _ofPf = ["phase", "conditions", "resourceName"];
    private static readonly string[] _ofVf = ["networkattachment", "usedBy", "resourceName"];

    /// <summary>Waits until a status says of this PF and its VFs, field by field, what ip, lspci and sysfs say.</summary>
    /// <param name="host">The host.</param>
    /// <param name="topic">Such as <c>resources/eth3-vfs</c> or <c>discovery</c>.</param>
    /// <param name="pf">PCI address.</param>
    public static async Task TellsTheTruthAsync(this Host host, string topic, string pf)
    {
        // Names change once more when udev gets to it, and links come up.
        JsonNode machine = await host.ReadAsync(pf);
        await host.Controller.StatusAsync(topic, status => JsonNode.DeepEquals(Comparable(status, pf), machine));
        Assert.Equal(machine.ToJsonString(), (await host.ReadAsync(pf)).ToJsonString());
    }

    private static async Task<JsonNode> ReadAsync(this Host host, string pf) => JsonNode.Parse(await host.RunAsync($"udevadm settle; read-pf {pf}"))!;

    private static JsonObject? Comparable(JsonNode status, string pf)
    {
        JsonArray pfs = (status["status"] ?? status["physicalFunctions"])!.AsArray();
        if (pfs.FirstOrDefault(entry => (string?)entry!["device"] == pf)?.DeepClone() is not JsonObject comparable)
            return null;

        foreach (string field in _ofPf)
            Assert.True(comparable.Remove(field), field);
        foreach (JsonNode? vf in comparable["vfs"]!.AsArray())
        {
            foreach (string field in _ofVf)
                Assert.True(vf!.AsObject().Remove(field), field);
        }

        return comparable;
    }
}
