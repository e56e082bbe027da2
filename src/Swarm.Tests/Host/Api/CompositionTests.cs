using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Swarm.Host;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host.Api;

public sealed class CompositionTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly TorrentCatalogue _catalogue = new(CatalogueSettings.Default, TimeProvider.System);

    [Fact]
    public void The_first_time_beyond_this_machine_a_key_is_made_and_shown_once()
    {
        var (services, first) = Compose(IPAddress.Any);
        var (again, second) = Compose(IPAddress.Any);

        first.ShouldNotBeNull().ShouldStartWith(ApiKeys.Prefix);
        second.ShouldBeNull();
        services.Keys.Find(first)!.Scope.ShouldBe(Scope.Admin);
        again.Keys.Find(first)!.Scope.ShouldBe(Scope.Admin);
    }

    [Fact]
    public void On_this_machine_alone_and_with_a_key_from_the_configuration_none_is_made()
    {
        Compose(IPAddress.Loopback).NewKey.ShouldBeNull();
        Compose(IPAddress.Any, ApiKeys.Keep("mine", Scope.Viewer, "text")).NewKey.ShouldBeNull();
        File.Exists(_scratch["api-keys.json"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Torrent_files_are_fetched_from_the_address_the_node_is_bound_to()
    {
        await using var server = new FileServer(_ => FileServer.Ok(TorrentFiles.Make("fetched")));
        var http = Swarm.Io.Http.HttpPortSettings.Default with { BindIPv4 = IPAddress.Parse("127.0.0.9"), UserAgent = "bound" };
        var (services, _) = Compose(HttpApiSettings.Default with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)], ContentRoots = [_scratch.Root], Http = http, Reach = ReachPolicy.Everywhere });

        var torrent = await services.Intake.ReadAsync(new Swarm.Api.Contracts.AddTorrent { Source = server.Url.ToString() }, TestContext.Current.CancellationToken);

        torrent.Source.Metainfo!.Name.ShouldBe("fetched");
        server.LastFrom.ShouldBe(IPAddress.Parse("127.0.0.9"));
    }

    [Fact]
    public async Task Certificates_above_its_own_are_sent_with_it()
    {
        // Nothing may be valid for longer than what is above it.
        var now = DateTimeOffset.UtcNow;
        using var rootKey = RSA.Create(2_048);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(now.AddDays(-3), now.AddDays(3));
        using var middleKey = RSA.Create(2_048);
        using var middle = Authority("CN=middle", middleKey).Create(root, now.AddDays(-2), now.AddDays(2), [1]);
        using var middleWithKey = middle.CopyWithPrivateKey(middleKey);
        using var key = RSA.Create(2_048);
        using var own = Request("CN=localhost", key).Create(middleWithKey, now.AddDays(-1), now.AddDays(1), [2]);
        await File.WriteAllTextAsync(_scratch["cert.pem"], $"{own.ExportCertificatePem()}\n{middle.ExportCertificatePem()}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_scratch["key.pem"], key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TlsCertificate = _scratch["cert.pem"], TlsKey = _scratch["key.pem"] });
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        trust.CustomTrustStore.Add(root);
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } };
        using var client = new HttpClient(handler);

        (await client.GetAsync(new Uri(api.Client.BaseAddress!, "/healthz"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_a_certificate_it_speaks_tls_and_only_that()
    {
        using var key = RSA.Create(2_048);
        using var certificate = Request("CN=localhost", key).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(_scratch["cert.pem"], certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_scratch["key.pem"], key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { TlsCertificate = _scratch["cert.pem"], TlsKey = _scratch["key.pem"] });
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(certificate);
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } };
        using var client = new HttpClient(handler);

        api.Client.BaseAddress!.Scheme.ShouldBe("https");
        (await client.GetAsync(new Uri(api.Client.BaseAddress, "/healthz"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{api.Client.BaseAddress.Port}/healthz"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_is_an_error_that_says_what_is_expected()
    {
        _scratch.Write("cert.pem", "not a certificate"u8.ToArray());

        foreach (var path in (string[])["cert.pem", "nothing.pem"])
        {
            (await Should.ThrowAsync<SwarmException>(() => ApiFixture.StartAsync(ApiFixture.Settings with { TlsCertificate = _scratch[path] }))).Message.ShouldContain("PEM");
        }
    }

    public void Dispose() => _scratch.Dispose();

    private static CertificateRequest Authority(string name, RSA key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }

    private static CertificateRequest Request(string name, RSA key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private (ApiServices Services, string? NewKey) Compose(IPAddress address, params ApiKey[] keys) =>
        Compose(HttpApiSettings.Default with { Listen = [new IPEndPoint(address, 0)], ContentRoots = [_scratch.Root], Keys = [.. keys] });

    private (ApiServices Services, string? NewKey) Compose(HttpApiSettings settings) => ApiComposition.Compose(
        settings, new FakeNode(_catalogue), _catalogue, new LogTail(16, LogLevel.Information, TimeProvider.System), _scratch.Root, () => []);
}
