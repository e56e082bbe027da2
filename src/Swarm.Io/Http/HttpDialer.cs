using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Http;

/// <summary>No connection could be made; the message is one line for people.</summary>
internal sealed class HttpDialException(string message) : IOException(message);

/// <summary>
/// Makes the connections of one exchange: of the family asked for, from the address bound to, the host's addresses one after the other.
/// <para>Where an exchange has spoken to a public address, a redirect may not lead it to a private one: a foreign tracker has no business with what listens on this machine or
/// in its network. The address is looked at when it is connected to, so a name that changes its meaning does not get around it.</para>
/// </summary>
internal sealed class HttpDialer(AddressFamily family, HttpPortSettings settings)
{
    private bool _wasPublic;

    /// <summary>Connects; the callback of a handler that serves this exchange alone.</summary>
    /// <exception cref="HttpDialException">No address of the host could be reached.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await ResolveAsync(host, cancellation).ConfigureAwait(false);
        var usable = addresses.Where(address => Fits(address.AddressFamily)).Take(settings.AddressLimit).ToArray();
        if (usable.Length == 0) throw new HttpDialException(NoAddress(host, addresses.Length));
        string? failure = null;
        foreach (var address in usable)
        {
            if (!settings.Reach.Allows(address)) throw new HttpDialException($"{host} ({address}) is in a private network, which this node does not reach into for others; allow the network in the configuration if it is yours.");
            if (_wasPublic && settings.IsPrivate(address)) throw new HttpDialException($"{host} ({address}) is a private address that a public server redirected to.");
            var endPoint = new IPEndPoint(address, context.DnsEndPoint.Port);
            (var stream, failure) = await TryConnectAsync(endPoint, cancellation).ConfigureAwait(false);
            if (stream is null) continue;
            _wasPublic |= !settings.IsPrivate(address);
            return stream;
        }

        throw new HttpDialException($"{host} cannot be reached: {failure}");
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal)) return [literal];
        try
        {
            return await settings.Resolve(host, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new HttpDialException($"{host} has no address: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task<(Stream? Stream, string? Failure)> TryConnectAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(settings.ConnectTimeout);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (settings.BindFor(endPoint.AddressFamily) is { } bind) socket.Bind(new IPEndPoint(bind, 0));
            await socket.ConnectAsync(endPoint, limit.Token).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            socket = null;
            return (stream, null);
        }
        catch (SocketException e)
        {
            return (null, $"{endPoint}: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"{endPoint}: no answer within {settings.ConnectTimeout.TotalSeconds:0.#} s");
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private bool Fits(AddressFamily candidate) =>
        candidate is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 && (family == AddressFamily.Unspecified || family == candidate) && settings.Allows(candidate);

    private string NoAddress(string host, int known) => family switch
    {
        AddressFamily.InterNetwork when known > 0 => $"{host} has no IPv4 address that may be used.",
        AddressFamily.InterNetworkV6 when known > 0 => $"{host} has no IPv6 address that may be used.",
        _ => $"{host} has no address that may be used.",
    };
}
