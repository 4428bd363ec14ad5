using VfAgent.Mqtt;

namespace VfAgent.Options;

/// <summary>The broker and what is said there. A password is only ever in a file, so that no setting is a secret.</summary>
internal sealed class MqttOptions
{
    public string Server { get; set; } = "";

    public string? UserName { get; set; }

    public string? PasswordFile { get; set; }

    public string? CaFile { get; set; }

    public string? CertificateFile { get; set; }

    public string? KeyFile { get; set; }

    public string TopicRoot { get; set; } = "";

    public bool JsonStatus { get; set; }

    public ConnectionSettings Connection(string hostId)
    {
        if (!ServerAddress.TryParse(Server, out ServerAddress? server))
            throw new InvalidOperationException("Mqtt:Server was not checked before it was used");

        return new ConnectionSettings(server, $"vfagent-{hostId}", UserName, PasswordFile, CaFile, CertificateFile, KeyFile);
    }
}
