using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Server;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class MqttSessionTlsTests : IAsyncDisposable
{
    private readonly Journal _journal = new();
    private readonly TestCertificates _authority = new("authority");
    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-tls-").FullName;
    private TestBroker? _broker;
    private TestAgent? _agent;

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();

        if (_broker is not null)
            await _broker.DisposeAsync();

        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_broker_of_the_given_authority_is_trusted()
    {
        string ca = Write("ca.pem", _authority.RootPem);
        await StartAsync(_authority.Server(), settings => settings with { CaFile = ca });

        await _journal.WaitForAsync("log Connected");
    }

    [Fact]
    public async Task A_broker_of_another_authority_is_refused_until_the_file_has_it()
    {
        using TestCertificates other = new("other");
        string ca = Write("ca.pem", other.RootPem);
        await StartAsync(_authority.Server(), settings => settings with { CaFile = ca });
        await _journal.WaitForAsync("log CertificateRejected");
        await _journal.WaitForAsync("log ConnectFailed");
        Assert.Empty(_journal.StartingWith("broker CONNECT"));

        Write("ca.pem", other.RootPem + "\n" + _authority.RootPem);
        await _agent!.PassAsync(1);

        await _journal.WaitForAsync("log Connected");
    }

    [Fact]
    public async Task A_broker_with_a_certificate_for_another_host_is_refused()
    {
        string ca = Write("ca.pem", _authority.RootPem);
        await StartAsync(_authority.Server("elsewhere.example"), settings => settings with { CaFile = ca });

        await _journal.WaitForAsync("log ConnectFailed");
        Assert.Contains(_journal.Lines, line => line.Contains("another host name", StringComparison.Ordinal));
        Assert.Empty(_journal.StartingWith("broker CONNECT"));
    }

    [Fact]
    public async Task Without_a_file_the_systems_roots_count()
    {
        await StartAsync(_authority.Server(), settings => settings);

        await _journal.WaitForAsync("log ConnectFailed");
        Assert.Empty(_journal.StartingWith("broker CONNECT"));
    }

    [Fact]
    public async Task The_client_shows_its_certificate()
    {
        string ca = Write("ca.pem", _authority.RootPem);
        using X509Certificate2 client = _authority.Client("h1");
        string certificate = Write("client.pem", client.ExportCertificatePem());
        string key = Write("client.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await StartAsync(
            _authority.Server(),
            settings => settings with { CaFile = ca, CertificateFile = certificate, KeyFile = key },
            broker => broker.WithClientCertificate((_, shown, _, _) => _authority.Issued(shown as X509Certificate2)));

        await _journal.WaitForAsync("log Connected");
    }

    [Fact]
    public async Task A_file_without_a_certificate_is_named()
    {
        string ca = Write("ca.pem", "nothing");
        await StartAsync(_authority.Server(), settings => settings with { CaFile = ca });

        await _journal.WaitForAsync("log FileProblem");
        Assert.Contains(_journal.Lines, line => line.Contains($"Mqtt:CaFile {ca}: there is no PEM certificate in it", StringComparison.Ordinal));
    }

    private async Task StartAsync(
        X509Certificate2 certificate, Func<ConnectionSettings, ConnectionSettings> settings, Action<MqttServerOptionsBuilder>? configure = null)
    {
        int port = 0;
        _broker = new TestBroker(_journal, options =>
        {
            options.WithoutDefaultEndpoint().WithEncryptedEndpoint().WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
                .WithEncryptedEndpointBoundIPV6Address(IPAddress.None).WithEncryptedEndpointPort(port).WithEncryptionCertificate(certificate);
            configure?.Invoke(options);
        });
        port = _broker.Port;
        await _broker.StartAsync();
        _agent = new TestAgent(
            _journal, port, connection => settings(connection with { Server = new ServerAddress("mqtts", "127.0.0.1", port, "") }));
        _agent.Start();
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
