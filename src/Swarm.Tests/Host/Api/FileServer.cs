using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Tests.Host.Api;

/// <summary>Answers every connection on any loopback address with the same bytes, once the request's headers are read, and counts them.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.IPv6Any, 0) { Server = { DualMode = true } };
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private int _requests;

    public FileServer(Func<string, byte[]> answer)
    {
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/x.torrent");
        _serving = ServeAsync(answer);
    }

    public Uri Url { get; }

    /// <summary>The address that the last connection came from.</summary>
    public IPAddress? LastFrom { get; private set; }

    public int Requests => Volatile.Read(ref _requests);

    public static byte[] Ok(byte[] body) => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];

    public async ValueTask DisposeAsync()
    {
        // Ended before the listener is: one that is stopped between two requests cannot be asked for the next.
        await _end.CancelAsync();
        await _serving;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task ServeAsync(Func<string, byte[]> answer)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                LastFrom = ((IPEndPoint)client.Client.RemoteEndPoint!).Address.MapToIPv4();
                Interlocked.Increment(ref _requests);
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var first = await reader.ReadLineAsync(_end.Token) ?? "";
                while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 })
                {
                    // Headers are not looked at.
                }

                await stream.WriteAsync(answer(first), _end.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException)
        {
            // Stopped, or a client that broke off.
        }
    }
}
