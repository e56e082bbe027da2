using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Host.Cluster;
using Mailbox = Swarm.Tests.Io.Net.Mailbox;

namespace Swarm.Tests.Host.Cluster;

/// <summary>A node's link over loopback, and what came in over it.</summary>
internal sealed class LinkEnd : IAsyncDisposable
{
    private LinkEnd(NodeLinks links, Mailbox inbox)
    {
        Links = links;
        Inbox = inbox;
    }

    public NodeLinks Links { get; }

    public Mailbox Inbox { get; }

    public string At => Links.EndPoint;

    /// <summary>Binds, and opens.</summary>
    public static async Task<LinkEnd> StartAsync(NodeLinkOptions options)
    {
        var end = await BindAsync(options);
        end.Open();
        return end;
    }

    public static async Task<LinkEnd> BindAsync(NodeLinkOptions options) => new(await NodeLinks.BindAsync(options, NullLoggerFactory.Instance), new Mailbox());

    public void Open()
    {
        Links.Open(At, Inbox);
        Inbox.Expect<INodeLink.Opened>();
    }

    /// <summary>Sends until it arrives: a link may drop what is sent while it stands up.</summary>
    public void SendUntilHeard(LinkEnd to, byte what) => Eventually.Holds(() =>
    {
        Links.Send(to.At, [what]);
        return to.Inbox.Next(TimeSpan.FromMilliseconds(200)) is INodeLink.Received received && received.Message[0] == what;
    });

    public ValueTask DisposeAsync() => Links.DisposeAsync();
}

/// <summary>Options of links over loopback, with limits that make failures quick.</summary>
internal static class LinkWorld
{
    public static readonly ImmutableArray<byte> Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static NodeLinkSettings Quick { get; } = NodeLinkSettings.Default with { FirstBackOff = TimeSpan.FromMilliseconds(5), LongestBackOff = TimeSpan.FromMilliseconds(50) };

    public static NodeLinkOptions Options(string endPoint = "127.0.0.1:0", NodeLinkSettings? settings = null) =>
        new("test", endPoint, NodeLinkOptions.ListenFor(endPoint.Replace("localhost", "127.0.0.1", StringComparison.Ordinal)), Key, null, settings ?? Quick);

    /// <summary>Two ends that have heard each other.</summary>
    public static async Task<(LinkEnd One, LinkEnd Two)> PairAsync(NodeLinkSettings? settings = null)
    {
        var one = await LinkEnd.StartAsync(Options(settings: settings));
        var two = await LinkEnd.StartAsync(Options(settings: settings));
        one.SendUntilHeard(two, 1);
        two.SendUntilHeard(one, 1);
        return (one, two);
    }
}

/// <summary>Waits for what must become true.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static void Holds(Func<bool> condition) => SpinWait.SpinUntil(condition, Patience).ShouldBeTrue();
}

/// <summary>An authority, and certificates that it gives, as files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly string _file;
    private int _serial;

    public TestAuthority(string folder, string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        _file = Path.Combine(folder, $"{name}.pem");
        File.WriteAllText(_file, _certificate.ExportCertificatePem());
    }

    /// <summary>Writes a certificate for a host, for both sides of a connection.</summary>
    public LinkTlsFiles Give(string file, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=member", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, (byte)++_serial]);
        File.WriteAllText(file + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(file + ".key", key.ExportPkcs8PrivateKeyPem());
        return new LinkTlsFiles(file + ".crt", file + ".key", _file);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
