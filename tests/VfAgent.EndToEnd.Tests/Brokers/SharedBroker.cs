using System.Security.Cryptography;
using System.Text;
using VfAgent.EndToEnd.Tests.Brokers;

[assembly: AssemblyFixture(typeof(SharedBroker))]

namespace VfAgent.EndToEnd.Tests.Brokers;

/// <summary>
/// One broker for all tests, with a listener for every way in. Each test has a host id of its own, so none sees another's topics.
/// </summary>
public sealed class SharedBroker : IAsyncLifetime
{
    public const int Plain = 1883, MutualTls = 8883, WebSocket = 9001, SecureWebSocket = 9002;

    /// <summary>A user of the broker; it may use the topics of the host of that name.</summary>
    public const string UserName = "host-with-password", UserPassword = "correct horse";

    /// <summary>Whoever gives no name is a controller. Whoever does has the rights that compose/mosquitto.conf recommends.</summary>
    private const string AccessControl = """
        topic readwrite #
        pattern write vfagent/v1/hosts/%u/status/#
        pattern write vfagent/v1/hosts/%u/json/#
        pattern write vfagent/v1/hosts/%u/events
        pattern read vfagent/v1/hosts/%u/#

        """;

    // Not with per_listener_settings: then mosquitto 2.0 asks the listener of a client that has gone about its delayed will, and sends none.
    private const string Configuration = """
        persistence false
        log_dest stderr
        allow_anonymous true
        password_file /mosquitto/config/passwords
        acl_file /mosquitto/config/acl

        listener 1883

        listener 8883
        cafile /mosquitto/config/ca.pem
        certfile /mosquitto/config/broker.pem
        keyfile /mosquitto/config/broker.key
        require_certificate true
        use_identity_as_username true

        listener 9001
        protocol websockets

        listener 9002
        protocol websockets
        cafile /mosquitto/config/ca.pem
        certfile /mosquitto/config/broker.pem
        keyfile /mosquitto/config/broker.key
        require_certificate true
        use_identity_as_username true

        """;

    private Mosquitto? _broker;

    public CertificateAuthority Authority { get; } = new(TimeProvider.System);

    public Mosquitto Broker => _broker ?? throw new InvalidOperationException("The broker has not been started.");

    public async ValueTask InitializeAsync()
    {
        (string certificate, string key) = Authority.Issue("localhost");
        (string, string)[] files =
        [
            ("passwords", PasswordLine(UserName, UserPassword)),
            ("acl", AccessControl),
            ("ca.pem", Authority.Certificate),
            ("broker.pem", certificate),
            ("broker.key", key),
        ];
        _broker = await Mosquitto.StartAsync(Configuration, files, Plain, MutualTls, WebSocket, SecureWebSocket);
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
            await _broker.DisposeAsync();
        Authority.Dispose();
    }

    /// <summary>A line as mosquitto_passwd writes it: PBKDF2 with SHA-512 ("$7$").</summary>
    private static string PasswordLine(string user, string password)
    {
        const int Iterations = 101;
        byte[] salt = RandomNumberGenerator.GetBytes(12);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA512, 64);
        return $"{user}:$7${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}\n";
    }
}
