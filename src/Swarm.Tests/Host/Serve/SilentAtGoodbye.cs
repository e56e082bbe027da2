using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Tests.Host.Api;

namespace Swarm.Tests.Host.Serve;

/// <summary>A tracker over HTTP that answers every announce but the last, whose connection it holds open without a word.</summary>
internal sealed class SilentAtGoodbye : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goodbye = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TcpClient> _held = [];
    private readonly Task _serving;

    public SilentAtGoodbye()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Its announce URL.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}/announce";

    /// <summary>Ends when it has answered the first announce.</summary>
    public Task Greeted => _greeted.Task.WaitAsync(TimeSpan.FromSeconds(90));

    /// <summary>Ends when somebody said goodbye.</summary>
    public Task Goodbye => _goodbye.Task.WaitAsync(TimeSpan.FromSeconds(90));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        foreach (var client in _held) client.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _held.Add(client);
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
                var first = await reader.ReadLineAsync() ?? "";
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                    // Headers are not looked at.
                }

                if (first.Contains("event=stopped", StringComparison.Ordinal))
                {
                    _goodbye.TrySetResult();
                    continue;
                }

                await client.GetStream().WriteAsync(FileServer.Ok("d8:intervali1800e5:peers0:e"u8.ToArray()));
                client.Client.Shutdown(SocketShutdown.Send);
                if (first.Contains("event=started", StringComparison.Ordinal)) _greeted.TrySetResult();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Stopped.
        }
    }
}
