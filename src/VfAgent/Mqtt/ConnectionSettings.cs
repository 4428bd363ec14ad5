namespace VfAgent.Mqtt;

/// <summary>How to reach the broker and who we are there. Files are PEM and read at every connect.</summary>
/// <param name="Server">The broker.</param>
/// <param name="ClientId">One id is one session at the broker; a second client that uses it takes the session over.</param>
/// <param name="UserName">null for none.</param>
/// <param name="PasswordFile">Its content without one newline at the end; null for none.</param>
/// <param name="CaFile">The only roots trusted; null for the system's.</param>
/// <param name="CertificateFile">Client certificate for mutual TLS; null for none.</param>
/// <param name="KeyFile">Its private key, unencrypted; null for none.</param>
internal sealed record ConnectionSettings(
    ServerAddress Server,
    string ClientId,
    string? UserName = null,
    string? PasswordFile = null,
    string? CaFile = null,
    string? CertificateFile = null,
    string? KeyFile = null);
