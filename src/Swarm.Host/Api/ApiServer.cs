using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Endpoints;
using Swarm.Host.Api.Events;
using Swarm.Host.Api.Transmission;
using Swarm.Host.Ui;
using Swarm.Host.Watching;

namespace Swarm.Host.Api;

/// <summary>
/// The node's HTTP server: Kestrel with the API's operations and nothing of a web framework's defaults, neither its configuration files nor its signals, which are the program's. The only place
/// that loads ASP.NET, so commands without a server start as if it were not there.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping;

    private ApiServer(WebApplication app, CancellationTokenSource stopping)
    {
        _app = app;
        _stopping = stopping;
    }

    /// <summary>Where it listens, real ports filled in: "http://127.0.0.1:9110".</summary>
    public IReadOnlyList<string> Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Starts to listen.</summary>
    /// <exception cref="SwarmException">An address is taken, a certificate cannot be used, or it would be open beyond this machine without a key.</exception>
    public static async Task<ApiServer> StartAsync(ApiServices services, ILoggerFactory logs)
    {
        if (services.Settings.IsBeyondLoopback && services.Keys.IsEmpty) throw new SwarmException("the API would listen beyond this machine without any key; make one, or listen on 127.0.0.1 (swarm.api.listen)");
        var certificate = CertificateOf(services.Settings);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, services.Settings, certificate));
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.RespectNullableAnnotations = true;
        });
        ApiDocument.AddTo(builder.Services, services.Version);
        var app = builder.Build();
        var stopping = new CancellationTokenSource();
        Map(app, services, logs, stopping.Token);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            return new ApiServer(app, stopping);
        }
        catch (Exception e) when (e is IOException or AddressInUseException or System.Net.Sockets.SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            stopping.Dispose();
            throw new SwarmException($"the API cannot listen: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; see who has the port, or choose another (swarm.api.listen)", e);
        }
    }

    /// <summary>Ends: streams first, then requests under way get until the token to finish.</summary>
    public async Task StopAsync(CancellationToken patience)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _app.StopAsync(patience).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static void Map(WebApplication app, ApiServices services, ILoggerFactory logs, CancellationToken stopping)
    {
        var gate = new ApiGate(services, logs.CreateLogger("Swarm.Api"));
        var streams = new EventStreams(services, stopping);
        app.UseRouting();
        if (services.Metrics is { } metrics)
        {
            var measures = new ApiMeasures(metrics.Instruments, services.Clock);
            app.Use(next => context => measures.HandleAsync(context, next));
            MetricsEndpoint.Map(app, metrics.Collector);
        }

        app.Use(next => context => gate.HandleAsync(context, next));
        var v1 = app.MapGroup("/api/v1");
        new TorrentEndpoints(services).Map(v1);
        new OneTorrentEndpoints(services).Map(v1);
        var node = new NodeEndpoints(services, streams);
        node.Map(v1);
        node.MapHealth(app);
        new DhtEndpoints(services).Map(v1);
        new ClusterEndpoints(services).Map(v1);
        if (services.Cluster is { } cluster) new NodeCallAnswers(services).Register(cluster.Calls);
        new AutomationEndpoints(services).Map(v1);
        new ActorEndpoints(services).Map(v1);
        new LogEndpoints(services, streams).Map(v1);
        new EventEndpoints(streams).Map(v1);
        new RpcEndpoint(services).Map(app);
        ApiDocument.Map(app);
        UiFiles.Load().Map(app);
    }

    private static void Configure(KestrelServerOptions kestrel, HttpApiSettings settings, Certificates? certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.BodyLimit;
        kestrel.Limits.MaxConcurrentConnections = settings.ConnectionLimit;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        foreach (var at in settings.Listen)
        {
            kestrel.Listen(at, listen =>
            {
                // Without TLS a connection cannot say which version it speaks, and all speak the first.
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null) listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate.Own, ServerCertificateChain = certificate.Above });
            });
        }
    }

    private static Certificates? CertificateOf(HttpApiSettings settings)
    {
        if (settings.TlsCertificate is not { } path) return null;
        try
        {
            var own = X509Certificate2.CreateFromPemFile(path, settings.TlsKey);
            // The file has its own first, as servers' files have, and then those that lead up to one that clients know.
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(path);
            return new Certificates(own, [.. all.Skip(1)]);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SwarmException($"the certificate {path} cannot be used: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; it and its key are expected in PEM (swarm.api.tls-certificate-file)", e);
        }
    }

    private sealed record Certificates(X509Certificate2 Own, X509Certificate2Collection Above);
}
