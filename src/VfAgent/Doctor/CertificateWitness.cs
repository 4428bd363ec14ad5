using System.Net.Security;
using MQTTnet;

namespace VfAgent.Doctor;

/// <summary>Watches the broker's certificate being judged, since what MQTTnet throws afterwards does not say what was wrong.</summary>
/// <param name="judge">The agent's own judgement; null when the system's roots count.</param>
internal sealed class CertificateWitness(Func<MqttClientCertificateValidationEventArgs, bool>? judge)
{
    public bool Accepted { get; private set; }

    /// <summary>Why it was not accepted; null when it was, or when none was seen.</summary>
    public string? Problem { get; private set; }

    public bool IsForAnotherHost { get; private set; }

    public bool Accepts(MqttClientCertificateValidationEventArgs presented)
    {
        Accepted = judge?.Invoke(presented) ?? presented.SslPolicyErrors == SslPolicyErrors.None;
        IsForAnotherHost = presented.SslPolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (!Accepted)
            Problem = $"the broker's certificate {presented.Certificate?.Subject} is not accepted: {Reason(presented)}";

        return Accepted;
    }

    private string Reason(MqttClientCertificateValidationEventArgs presented)
    {
        if (IsForAnotherHost)
            return "it is for another host name";

        IEnumerable<string> all = presented.Chain.ChainStatus.Select(status => status.StatusInformation.Trim());
        string[] reasons = [.. all.Distinct(StringComparer.Ordinal)];
        return reasons.Length > 0 ? string.Join("; ", reasons) : "it is not fit for a server";
    }
}
