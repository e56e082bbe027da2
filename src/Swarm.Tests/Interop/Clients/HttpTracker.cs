using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// A tracker of a hundred lines over HTTP (BEP 3, compact peers of BEP 23), in the test's own process. It remembers who announced from where, answers with all others, and asks to come again soon.
/// </summary>
internal sealed class HttpTracker : IAsyncDisposable
{
    private const int MaxRequestBytes = 8 * 1024;
    private const int IntervalSeconds = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, IPEndPoint>> _swarms = [];
    private readonly List<string> _announces = [];
    private readonly Task _serving;

    public HttpTracker()
    {
        _listener.Start();
        Url = $"http://{_listener.LocalEndpoint}/announce";
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Every announce's address and query, in the order they came.</summary>
    public IReadOnlyList<string> Announces
    {
        get
        {
            lock (_gate) return [.. _announces];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
        TestContext.Current.TestOutputHelper?.WriteLine($"--- HTTP tracker\n{string.Join('\n', Announces)}");
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        try
        {
            while (true) answers.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answers);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        var request = new byte[MaxRequestBytes];
        var length = 0;
        try
        {
            while (!request.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                var read = await stream.ReadAsync(request.AsMemory(length), _stop.Token);
                if (read == 0) return;
                length += read;
            }

            var target = Encoding.ASCII.GetString(request, 0, length).Split(' ')[1];
            // Not even an answer to a scrape, which Transmission and aria2 ask for by themselves.
            var isAnnounce = target.StartsWith("/announce?", StringComparison.Ordinal);
            var body = isAnnounce ? Announce(target, (IPEndPoint)client.Client.RemoteEndPoint!) : [];
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(isAnnounce ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _stop.Token);
            await stream.WriteAsync(body, _stop.Token);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // The client went away, or the test is over: nobody waits for the answer.
        }
    }

    private byte[] Announce(string target, IPEndPoint from)
    {
        var query = target[(target.IndexOf('?') + 1)..].Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[^1]);
        var peer = new IPEndPoint(from.Address, int.Parse(query["port"]));
        lock (_gate)
        {
            _announces.Add($"{from} {target}");
            var hash = Convert.ToHexString(Unescape(query["info_hash"]));
            if (!_swarms.TryGetValue(hash, out var swarm)) _swarms[hash] = swarm = new SortedDictionary<string, IPEndPoint>(StringComparer.Ordinal);
            if (query.GetValueOrDefault("event") == "stopped") swarm.Remove(peer.ToString());
            else swarm[peer.ToString()] = peer;
            byte[] others = [.. swarm.Values.Where(known => !known.Equals(peer)).SelectMany(known => known.Address.GetAddressBytes().Append((byte)(known.Port >> 8)).Append((byte)known.Port))];
            return [.. Encoding.ASCII.GetBytes($"d8:intervali{IntervalSeconds}e12:min intervali{IntervalSeconds}e5:peers{others.Length}:"), .. others, (byte)'e'];
        }
    }

    // Query values are bytes, not text.
    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
            i += 2;
        }

        return [.. bytes];
    }
}
