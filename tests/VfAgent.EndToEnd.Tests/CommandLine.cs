using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>The program as a person at a shell meets it.</summary>
public sealed class CommandLine
{
    [Fact]
    public async Task Bad_settings_end_it_with_2_and_all_of_them_are_named()
    {
        await using AgentProcess agent = AgentProcess.Start(
            "run", "--Agent:HostId=Not A Level", "--Mqtt:Server=gopher://broker", "--Agent:Simulate=teapot:1", "--Mqtt:Sever=x");

        Assert.Equal(2, await agent.ExitAsync());
        foreach (string setting in new[] { "Agent:HostId", "Mqtt:Server", "Agent:Simulate", "Mqtt:Sever" })
            Assert.Contains(setting, agent.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("run", "--config", "/does/not/exist.json")]
    [InlineData("plan", "-f")]
    [InlineData("plan", "-f", "/does/not/exist.json")]
    public async Task Bad_usage_ends_it_with_2(params string[] arguments)
    {
        await using AgentProcess agent = AgentProcess.Start(arguments);

        Assert.Equal(2, await agent.ExitAsync());
        Assert.Contains(arguments[^1], agent.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "demo")]
    [InlineData("--version", "0.1.0")]
    public async Task Help_and_version_end_it_with_0(string argument, string shown)
    {
        await using AgentProcess agent = AgentProcess.Start(argument);

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Contains(shown, agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_tells_its_story_once()
    {
        await using AgentProcess demo = AgentProcess.Start("demo", "--once");

        Assert.Equal(0, await demo.ExitAsync());
        foreach (string part in new[] { "0000:02:00.0", "eth3-vfs", "vfagent-f1-u.conflist", "0000:02:10.0", "IN_SYNC", "REJECTED" })
            Assert.Contains(part, demo.Output, StringComparison.Ordinal);
    }
}
