using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Swarm.Host.Cluster;

/// <summary>
/// Mutual TLS between members: what this node shows, and whom it takes. Each side demands a certificate that comes from the cluster's authorities and no others; who connects also checks that it names the host it connects to, and who is connected to checks that it names the
/// host the other says to be (<see cref="Names"/>). Revocation is not asked for: what must not be a member any more is cut off by a new authority.
/// <para>The files are looked at again now and then (<see cref="Refresh"/>); what they have then holds for new connections. Files that cannot be used are told and leave things as they were. Any thread.</para>
/// </summary>
internal sealed partial class LinkCertificates
{
    private readonly LinkTlsFiles _files;
    private readonly ILogger _log;
    private volatile Loaded _loaded;

    private LinkCertificates(LinkTlsFiles files, Loaded loaded, ILogger log)
    {
        _files = files;
        _loaded = loaded;
        _log = log;
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="SwarmException">They cannot be used; the message says which and what is expected.</exception>
    public static LinkCertificates Load(LinkTlsFiles files, ILogger log) => new(files, Read(files), log);

    /// <summary>Whether a certificate names a host.</summary>
    public static bool Names(X509Certificate2 certificate, string host) => certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false);

    /// <summary>For one who connects to <paramref name="host"/>.</summary>
    public SslClientAuthenticationOptions ForClient(string host)
    {
        var loaded = _loaded;
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = loaded.Certificate,
            CertificateChainPolicy = Policy(loaded),
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
    }

    /// <summary>For one who is connected to.</summary>
    public SslServerAuthenticationOptions ForServer()
    {
        var loaded = _loaded;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = loaded.Certificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = Policy(loaded),
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            // A connection lasts; taken up again it would skip the look at the certificate.
            AllowTlsResume = false,
        };
    }

    /// <summary>Reads the files again if one was written since.</summary>
    public void Refresh()
    {
        try
        {
            if (Written(_files) == _loaded.Written) return;
            _loaded = Read(_files);
            LogRenewed(_log, _files.Certificate, _loaded.Certificate.TargetCertificate.NotAfter);
        }
        catch (Exception e) when (e is SwarmException or IOException or UnauthorizedAccessException)
        {
            LogNotRenewed(_log, e.Message);
        }
    }

    private static Loaded Read(LinkTlsFiles files)
    {
        try
        {
            var written = Written(files);
            var certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
            var above = new X509Certificate2Collection();
            above.ImportFromPemFile(files.Certificate);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(files.Authority);
            if (authorities.Count == 0) throw new SwarmException($"{files.Authority} has no certificate of an authority; one or more are expected in PEM (swarm.cluster.tls.authority)");
            return new Loaded(SslStreamCertificateContext.Create(certificate, above, offline: true), authorities, written);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SwarmException($"the cluster's certificates cannot be used: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; a certificate, its key and its authorities are expected in PEM (swarm.cluster.tls)", e);
        }
    }

    private static (DateTime Certificate, DateTime Key, DateTime Authority) Written(LinkTlsFiles files) => (File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key), File.GetLastWriteTimeUtc(files.Authority));

    private static X509ChainPolicy Policy(Loaded loaded)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(loaded.Authorities);
        return policy;
    }

    private sealed record Loaded(SslStreamCertificateContext Certificate, X509Certificate2Collection Authorities, (DateTime Certificate, DateTime Key, DateTime Authority) Written);

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificate {File} was read again; it is good until {NotAfter:u}")]
    private static partial void LogRenewed(ILogger log, string file, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "The cluster's certificates are not read again, those before hold: {Reason}")]
    private static partial void LogNotRenewed(ILogger log, string reason);
}
