using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>Makes the options of one connect. Reads the files each time, so that a rotated certificate or password counts at the next one.</summary>
internal sealed class ClientOptionsFactory(ConnectionSettings settings, ILogger logger)
{
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    // Outlives a maintenance window: deletes and unretained messages of that time are still waiting for us afterwards.
    private static readonly TimeSpan _sessionExpiry = TimeSpan.FromDays(7);

    // Together they bound what a publisher can make us hold: 16 × 2 MiB. A payload over the product's limit (256 KiB) has to arrive, or
    // it could not be rejected by name.
    private const ushort ReceiveMaximum = 16;
    private const uint MaximumPacketSize = 2 << 20;

    /// <param name="will">
    /// Published retained by the broker when the connection is lost. A connection has one will, so a JSON twin stays as it was after a
    /// crash; on a clean stop the agent publishes both.
    /// </param>
    /// <param name="problems">What is wrong with each file; empty when the options are there.</param>
    public MqttClientOptions? Create(OutboundMessage? will, out IReadOnlyList<string> problems)
    {
        List<string> errors = [];
        problems = errors;
        MqttClientOptions options = new()
        {
            ProtocolVersion = MqttProtocolVersion.V500,
            ClientId = settings.ClientId,
            CleanSession = false,
            SessionExpiryInterval = (uint)_sessionExpiry.TotalSeconds,
            ReceiveMaximum = ReceiveMaximum,
            MaximumPacketSize = MaximumPacketSize,
            KeepAlivePeriod = KeepAlive,
            RequestProblemInformation = true,
            Credentials = Credentials(errors),
            ChannelOptions = Channel(errors),
        };
        if (will is not null)
        {
            options.WillTopic = will.Topic;
            options.WillPayload = will.Payload.ToArray();
            options.WillContentType = will.ContentType;
            options.WillRetain = true;
            options.WillQualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce;
            // No Will Delay Interval: it would hide short breaks, but mosquitto 2.0 was seen to lose delayed wills, and then a dead host stays
            // ONLINE. After a short break the birth says ONLINE again at once.
        }

        return errors.Count == 0 ? options : null;
    }

    private IMqttClientChannelOptions Channel(List<string> errors)
    {
        MqttClientTlsOptions tls = settings.Server.IsTls ? Tls(errors) : new MqttClientTlsOptions();
        return settings.Server.IsWebSocket
            ? new MqttClientWebSocketOptions { Uri = settings.Server.ToString(), TlsOptions = tls }
            : new MqttClientTcpOptions
            {
                RemoteEndpoint = new System.Net.DnsEndPoint(settings.Server.Host, settings.Server.Port),
                TlsOptions = tls,
                // MQTTnet's default resets the connection on close, which may overtake our DISCONNECT and let the will out.
                LingerState = new System.Net.Sockets.LingerOption(enable: false, seconds: 0),
            };
    }

    private MqttClientTlsOptions Tls(List<string> errors)
    {
        MqttClientTlsOptions tls = new()
        {
            UseTls = true,
            TargetHost = settings.Server.Host,
            RevocationMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,
        };
        if (settings.CaFile is { } caFile)
        {
            X509Certificate2Collection? roots = Read("Mqtt:CaFile", caFile, ReadRoots, errors);
            if (roots is not null)
                tls.CertificateValidationHandler = new TlsTrust(roots, logger).Accepts;
        }

        if (settings is { CertificateFile: { } certificateFile, KeyFile: { } keyFile })
        {
            X509Certificate2? certificate = Read(
                "Mqtt:CertificateFile, Mqtt:KeyFile", certificateFile, path => X509Certificate2.CreateFromPemFile(path, keyFile), errors);
            if (certificate is not null)
                tls.ClientCertificatesProvider = new DefaultMqttCertificatesProvider(new X509Certificate2Collection(certificate));
        }

        return tls;
    }

    private MqttClientCredentials? Credentials(List<string> errors)
    {
        if (settings.UserName is null)
            return null;

        byte[]? password = settings.PasswordFile is { } file ? Read("Mqtt:PasswordFile", file, ReadPassword, errors) : null;
        return new MqttClientCredentials(settings.UserName, password);
    }

    private byte[] ReadPassword(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None)
            MqttLog.PasswordFileIsOpen(logger, path);

        ReadOnlySpan<byte> content = File.ReadAllBytes(path);
        return (content.EndsWith("\r\n"u8) ? content[..^2] : content.EndsWith("\n"u8) ? content[..^1] : content).ToArray();
    }

    private static X509Certificate2Collection ReadRoots(string path)
    {
        X509Certificate2Collection roots = [];
        roots.ImportFromPemFile(path);
        return roots.Count > 0 ? roots : throw new CryptographicException("there is no PEM certificate in it");
    }

    private static T? Read<T>(string key, string path, Func<string, T> read, List<string> errors)
        where T : class
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            errors.Add($"{key} {path}: {exception.Message}");
            return null;
        }
    }
}
