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
    public async Task With_a_certificate_it_speaks_tls_and_only_that()
    {
        using var key = RSA.Create(2_048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
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

    private (ApiServices Services, string? NewKey) Compose(IPAddress address, params ApiKey[] keys) => ApiComposition.Compose(
        HttpApiSettings.Default with { Listen = [new IPEndPoint(address, 0)], ContentRoots = [_scratch.Root], Keys = [.. keys] },
        new FakeNode(_catalogue), _catalogue, new LogTail(16, LogLevel.Information, TimeProvider.System), _scratch.Root, () => []);
}
