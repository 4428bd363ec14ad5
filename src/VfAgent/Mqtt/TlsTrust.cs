using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using MQTTnet;

namespace VfAgent.Mqtt;

/// <summary>Trusts exactly the given roots, for TCP and websockets alike (MQTTnet's own trust chain serves TCP only).</summary>
internal sealed class TlsTrust(X509Certificate2Collection roots, ILogger logger)
{
    private static readonly Oid _serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    public bool Accepts(MqttClientCertificateValidationEventArgs presented)
    {
        string? problem = Check(presented);
        if (problem is not null)
            MqttLog.CertificateRejected(logger, presented.Certificate?.Subject ?? "(none)", problem);

        return problem is null;
    }

    private string? Check(MqttClientCertificateValidationEventArgs presented)
    {
        if (presented.Certificate is not X509Certificate2 certificate)
            return "the broker sent no certificate";

        if (presented.SslPolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return "it is for another host name";

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        // The intermediates that the broker sent.
        chain.ChainPolicy.ExtraStore.AddRange(presented.Chain.ChainPolicy.ExtraStore);
        chain.ChainPolicy.ApplicationPolicy.Add(_serverAuthentication);
        // A private CA seldom publishes revocation, and a host that cannot reach it must still come up.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate) ? null : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
    }
}
