using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Paging.Remote.Tests;

/// <summary>A redis-server with TLS only, a password, and a certificate of the tests' own.</summary>
internal sealed class TlsServer : IDisposable
{
    private const string Host = "paging.test";

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-tls-").FullName;
    private readonly RedisProcess _plain;

    public TlsServer()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={Host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string shown = CertificatePath, secret = Path.Combine(_directory, "key.pem");
        File.WriteAllText(shown, certificate.ExportCertificatePem());
        File.WriteAllText(secret, key.ExportPkcs8PrivateKeyPem());
        Port = ServerPrograms.FreePort(portMax: 50_000);
        _plain = new("--requirepass", Password, "--save", "", "--appendonly", "no", "--tls-port",
            Port.ToString(CultureInfo.InvariantCulture), "--tls-cert-file", shown, "--tls-key-file", secret, "--tls-ca-cert-file", shown,
            "--tls-auth-clients", "no");
    }

    /// <summary>Its certificate, for those who are to trust it.</summary>
    public string CertificatePath => Path.Combine(_directory, "certificate.pem");

    public static string Password => "a secret/with:signs";

    public int Port { get; }

    /// <summary>The same server without encryption.</summary>
    public string PlainPlace => _plain.Place;

    public void Dispose()
    {
        _plain.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
