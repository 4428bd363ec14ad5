using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>Every transport and credential that Mqtt:Server and its neighbours promise, and what the agent says when one is wrong.</summary>
public sealed class WaysIn(SharedBroker shared)
{
    private readonly Mosquitto _broker = shared.Broker;

    [Theory]
    [InlineData("mqtts", SharedBroker.MutualTls)]
    [InlineData("wss", SharedBroker.SecureWebSocket)]
    public async Task Mutual_tls_works_under_the_rights_that_compose_recommends(string scheme, int listener)
    {
        await using TestHost host = new("igb:2");
        await host.WatchAsync(_broker);
        host.StartAgent(_broker.Url(scheme, listener), host.Credentials(shared.Authority, host.Id));

        await host.OnlineAsync();
        await host.Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task Websockets_work()
    {
        await using TestHost host = new("igb:2");
        await host.WatchAsync(_broker);
        host.StartAgent(_broker.Url("ws", SharedBroker.WebSocket));

        await host.OnlineAsync();
        await host.Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task A_password_comes_from_a_file()
    {
        await using TestHost host = new("igb:2", SharedBroker.UserName);
        await host.WatchAsync(_broker);
        host.StartAgent(_broker.Url(), host.Password(SharedBroker.UserName, SharedBroker.UserPassword + "\n"));

        await host.OnlineAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_tried_again()
    {
        await using TestHost host = new("igb:2");
        host.StartAgent(_broker.Url(), host.Password(SharedBroker.UserName, "wrong"));

        await host.Agent.SaysAsync("(?i)not ?authori[sz]ed|bad ?user ?name");
        Assert.True(host.Agent.Running);
    }

    [Fact]
    public async Task A_certificate_of_another_host_gets_no_rights_and_the_agent_says_so()
    {
        await using TestHost host = new("igb:2");
        host.StartAgent(_broker.Url("mqtts", SharedBroker.MutualTls), host.Credentials(shared.Authority, "somebody-else"));

        await host.Agent.SaysAsync("(?i)not ?authori[sz]ed");
        Assert.True(host.Agent.Running);
    }

    [Fact]
    public async Task A_broker_of_an_unknown_authority_is_not_trusted()
    {
        using CertificateAuthority another = new(TimeProvider.System);
        await using TestHost host = new("igb:2");
        host.StartAgent(_broker.Url("mqtts", SharedBroker.MutualTls), host.Credentials(another, host.Id));

        await host.Agent.SaysAsync("(?i)certificate");
        Assert.True(host.Agent.Running);
    }
}
