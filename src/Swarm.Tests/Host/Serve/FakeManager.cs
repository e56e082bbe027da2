using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Swarm.Tests.Host.Serve;

/// <summary>A service manager's end of sd_notify: a datagram socket, and what was told on it, in order.</summary>
internal sealed class FakeManager : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Channel<string> _told = Channel.CreateBounded<string>(10_000);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _reading;

    public FakeManager(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _reading = ReadAsync();
    }

    /// <summary>For NOTIFY_SOCKET.</summary>
    public string Path { get; }

    /// <summary>The next message that begins so; those before it are passed over.</summary>
    public async Task<string> NextAsync(string beginning)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var told = await _told.Reader.ReadAsync(patience.Token);
            if (told.StartsWith(beginning, StringComparison.Ordinal)) return told;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _socket.Dispose();
        _over.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, _over.Token);
                await _told.Writer.WriteAsync(Encoding.UTF8.GetString(buffer, 0, length), _over.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }
}
