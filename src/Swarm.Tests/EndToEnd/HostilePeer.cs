using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.EndToEnd;

/// <summary>A listener whose every connection is served by what the test says. It ends with the test; what the node does to its sockets is no failure.</summary>
internal sealed class HostilePeer : IDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TcpClient> _clients = [];

    /// <summary>Listens at an address of its own, so that a ban hits nobody else.</summary>
    public HostilePeer(Func<HostileStream, Task> behave, string address = "127.0.0.2")
    {
        _listener = new TcpListener(IPAddress.Parse(address), 0);
        _listener.Start();
        _ = ServeAsync(behave);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>It has done what it was to do on its first connection, or was thrown out.</summary>
    public Task DoneAsync() => _done.Task.WaitAsync(TestNode.Patience);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        lock (_clients) _clients.ForEach(client => client.Dispose());
        _end.Dispose();
    }

    private async Task ServeAsync(Func<HostileStream, Task> behave)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                lock (_clients) _clients.Add(client);
                _ = BehaveAsync(behave, new HostileStream(client.GetStream(), _done));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            _done.TrySetResult();
        }
    }

    private async Task BehaveAsync(Func<HostileStream, Task> behave, HostileStream stream)
    {
        try
        {
            await behave(stream);
            _done.TrySetResult();
            // Silence, with the connection open, until the node has had enough.
            while (await stream.ReadSomeAsync() > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or EndOfStreamException)
        {
            _done.TrySetResult();
        }
    }
}

/// <summary>A hostile peer's end of a connection.</summary>
internal sealed class HostileStream(NetworkStream stream, TaskCompletionSource done)
{
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>The worst is done, though it goes on.</summary>
    public void Done() => done.TrySetResult();

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public ValueTask SayAsync(Action<WireWriter> say)
    {
        var bytes = new ArrayBufferWriter<byte>();
        say(new WireWriter(bytes));
        return stream.WriteAsync(bytes.WrittenMemory);
    }

    public ValueTask<int> ReadSomeAsync() => stream.ReadAsync(_buffer);

    /// <summary>Reads the caller's handshake and answers it.</summary>
    public async Task ShakeHandsAsync(InfoHash torrent, ReservedBits bits = ReservedBits.Fast | ReservedBits.Extension)
    {
        await stream.ReadExactlyAsync(_buffer.AsMemory(0, 68));
        var ours = new byte[68];
        new Handshake(bits, torrent, new PeerId("-XX0001-hostilehosti"u8)).Write(ours);
        await stream.WriteAsync(ours);
    }

    /// <summary>The next message, without its length; empty for a keep-alive.</summary>
    public async Task<byte[]> ReadAsync()
    {
        await stream.ReadExactlyAsync(_buffer.AsMemory(0, 4));
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(_buffer)];
        await stream.ReadExactlyAsync(message);
        return message;
    }

    /// <summary>The next request of the node.</summary>
    public async Task<BlockRequest> ReadRequestAsync()
    {
        while (true)
        {
            var message = await ReadAsync();
            if (message.Length == 13 && message[0] == (byte)MessageId.Request)
                return new BlockRequest(new PieceIndex(BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1))), BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5)), BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(9)));
        }
    }
}
