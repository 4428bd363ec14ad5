using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VfAgent.Tests.Mqtt;

/// <summary>A certificate authority of the test's own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestCertificates(string name)
    {
        CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public string RootPem => _root.ExportCertificatePem();

    /// <summary>For <c>127.0.0.1</c>, or for another host name.</summary>
    public X509Certificate2 Server(string? hostName = null)
    {
        SubjectAlternativeNameBuilder names = new();
        if (hostName is null)
            names.AddIpAddress(IPAddress.Loopback);
        else
            names.AddDnsName(hostName);

        return Issue("CN=broker", "1.3.6.1.5.5.7.3.1", names);
    }

    public X509Certificate2 Client(string name) => Issue($"CN={name}", "1.3.6.1.5.5.7.3.2", names: null);

    public bool Issued(X509Certificate2? certificate)
    {
        if (certificate is null)
            return false;

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Issue(string subject, string purpose, SubjectAlternativeNameBuilder? names)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        if (names is not null)
            request.CertificateExtensions.Add(names.Build());

        using X509Certificate2 bare = request.Create(
            _root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }
}
