using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Input;

/// <summary>Fetches a .torrent file by HTTP: a few redirects, a bounded body, from the address the user bound the node to. One call a run of the program.</summary>
internal static class TorrentFetch
{
    private const int MaxRedirects = 5;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The file's bytes.</summary>
    /// <exception cref="SwarmException">The URL is malformed, or the server did not give the file.</exception>
    public static async Task<byte[]> GetAsync(string url, IPAddress? bind, CancellationToken cancellation)
    {
        var shown = TorrentText.Clean(url);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) throw new SwarmException($"{shown} is not a URL with a host; check its spelling");
        try
        {
            using var handler = Handler(bind);
            using var client = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = MetainfoLimits.Default.MaxFileBytes };
            client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Swarm", "0.1"));
            using var response = await client.GetAsync(uri, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw new SwarmException($"{shown}: the server answered {(int)response.StatusCode} {response.ReasonPhrase}; check the URL");
            return await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new SwarmException($"{shown} cannot be fetched: {e.Message}", e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new SwarmException($"{shown} cannot be fetched: no answer within {Timeout.TotalSeconds:0} s", e);
        }
    }

    private static SocketsHttpHandler Handler(IPAddress? bind)
    {
        var handler = new SocketsHttpHandler { MaxAutomaticRedirections = MaxRedirects, AutomaticDecompression = DecompressionMethods.All, ConnectTimeout = ConnectTimeout };
        if (bind is not null) handler.ConnectCallback = (context, cancellation) => ConnectFromAsync(bind, context.DnsEndPoint, cancellation);
        return handler;
    }

    private static async ValueTask<Stream> ConnectFromAsync(IPAddress bind, DnsEndPoint remote, CancellationToken cancellation)
    {
        var socket = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(bind, 0));
            var addresses = await Dns.GetHostAddressesAsync(remote.Host, bind.AddressFamily, cancellation).ConfigureAwait(false);
            await socket.ConnectAsync(addresses, remote.Port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
