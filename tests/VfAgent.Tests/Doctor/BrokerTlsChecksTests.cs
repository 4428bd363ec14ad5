using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Server;
using VfAgent.Doctor;
using VfAgent.Mqtt;
using VfAgent.Protocol;
using VfAgent.Tests.Mqtt;

namespace VfAgent.Tests.Doctor;

public sealed class BrokerTlsChecksTests : IAsyncDisposable
{
    private readonly TestCertificates _authority = new("authority");
    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-doctor-").FullName;
    private TestBroker? _broker;

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
            await _broker.DisposeAsync();

        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_broker_of_the_given_authority_is_well()
    {
        string ca = Write("ca.pem", _authority.RootPem);

        Assert.All(await LookAsync(_authority.Server(), settings => settings with { CaFile = ca }), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
    }

    [Fact]
    public async Task A_broker_of_another_authority_is_not_trusted()
    {
        using TestCertificates other = new("other");
        string ca = Write("ca.pem", other.RootPem);

        (await LookAsync(_authority.Server(), settings => settings with { CaFile = ca }))
            .Of("connect").Is(Verdict.Failure, "the broker's certificate CN=broker is not accepted", $"in {ca}");
    }

    [Fact]
    public async Task Without_an_authority_the_systems_roots_count_and_the_remedy_is_to_name_one() =>
        (await LookAsync(_authority.Server(), settings => settings))
            .Of("connect").Is(Verdict.Failure, "the broker's certificate CN=broker is not accepted", "set Mqtt:CaFile");

    [Fact]
    public async Task A_certificate_for_another_host_is_told_as_that()
    {
        string ca = Write("ca.pem", _authority.RootPem);

        (await LookAsync(_authority.Server("elsewhere.example"), settings => settings with { CaFile = ca }))
            .Of("connect").Is(Verdict.Failure, "it is for another host name", "127.0.0.1 among its subject alternative names");
    }

    [Fact]
    public async Task A_broker_that_wants_a_client_certificate_is_understood()
    {
        string ca = Write("ca.pem", _authority.RootPem);

        (await LookAsync(
            _authority.Server(), settings => settings with { CaFile = ca },
            options => options.WithClientCertificate((_, shown, _, _) => _authority.Issued(shown as X509Certificate2))))
            .Of("connect").Is(Verdict.Failure, "right after the TLS handshake", "set Mqtt:CertificateFile and Mqtt:KeyFile");
    }

    [Fact]
    public async Task A_client_certificate_of_another_authority_is_understood()
    {
        using TestCertificates other = new("other");
        using X509Certificate2 client = other.Client("h1");
        string ca = Write("ca.pem", _authority.RootPem);
        string certificate = Write("client.pem", client.ExportCertificatePem());
        string key = Write("client.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

        (await LookAsync(
            _authority.Server(), settings => settings with { CaFile = ca, CertificateFile = certificate, KeyFile = key },
            options => options.WithClientCertificate((_, shown, _, _) => _authority.Issued(shown as X509Certificate2))))
            .Of("connect").Is(Verdict.Failure, "right after the TLS handshake", $"may not accept the client certificate {certificate}");
    }

    [Fact]
    public async Task A_file_without_a_certificate_is_named()
    {
        string ca = Write("ca.pem", "nothing");

        (await LookAsync(_authority.Server(), settings => settings with { CaFile = ca }))
            .Of("files").Is(Verdict.Failure, $"Mqtt:CaFile {ca}: there is no PEM certificate in it");
    }

    [Fact]
    public async Task Plain_mqtt_to_a_tls_port_and_the_other_way_round_are_understood()
    {
        (await LookAsync(_authority.Server(), settings => settings with { Server = settings.Server with { Scheme = "mqtt" } }))
            .Of("connect").Is(Verdict.Failure, "the broker ended the connection", "use mqtts://");
        await using TestBroker plain = new(new Journal());
        await plain.StartAsync();

        (await LookAsync(plain.Port, settings => settings)).Of("connect").Is(Verdict.Failure, "no TLS handshake", "use mqtt://");
    }

    private async Task<IReadOnlyList<Finding>> LookAsync(
        X509Certificate2 certificate, Func<ConnectionSettings, ConnectionSettings> change, Action<MqttServerOptionsBuilder>? configure = null)
    {
        int port = 0;
        _broker = new TestBroker(new Journal(), options =>
        {
            options.WithoutDefaultEndpoint().WithEncryptedEndpoint().WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
                .WithEncryptedEndpointBoundIPV6Address(IPAddress.None).WithEncryptedEndpointPort(port).WithEncryptionCertificate(certificate);
            configure?.Invoke(options);
        });
        port = _broker.Port;
        await _broker.StartAsync();
        return await LookAsync(port, change);
    }

    private static Task<IReadOnlyList<Finding>> LookAsync(int port, Func<ConnectionSettings, ConnectionSettings> change)
    {
        ConnectionSettings settings = change(new ConnectionSettings(new ServerAddress("mqtts", "127.0.0.1", port, ""), "vfagent-h1"));
        BrokerChecks checks = new(
            settings, new Topics("vfagent/v1", "h1"), jsonStatus: true, "boot-1", () => new MqttClientFactory().CreateMqttClient(), TimeProvider.System);
        return checks.RunAsync(TestContext.Current.CancellationToken);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
