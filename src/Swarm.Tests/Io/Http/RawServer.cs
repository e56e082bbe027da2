using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Tests.Io.Http;

/// <summary>
/// A web server that sends the bytes a test gives it and keeps the requests as they came over the wire, one connection after the other. Ends with its test.
/// </summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, NetworkStream, CancellationToken, Task> _answer;
    private readonly Task _loop;

    /// <summary>Answers every request with what <paramref name="answer"/> makes of its text, then closes.</summary>
    public RawServer(Func<string, byte[]> answer, IPAddress? address = null)
        : this(async (request, stream, stop) => await stream.WriteAsync(answer(request), stop), address)
    {
    }

    public RawServer(Func<string, NetworkStream, CancellationToken, Task> answer, IPAddress? address = null)
    {
        _answer = answer;
        _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<IPEndPoint> Clients { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Root => $"http://{_listener.LocalEndpoint}";

    /// <summary>The target of the last request's first line, as it came.</summary>
    public string LastTarget => Requests.Last().Split("\r\n")[0].Split(' ')[1];

    public static byte[] Reply(string body, string headers = "", int status = 200) => Reply(Encoding.Latin1.GetBytes(body), headers, status);

    public static byte[] Reply(byte[] body, string headers = "", int status = 200) =>
        [.. Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Something\r\nContent-Length: {body.Length}\r\n{headers}\r\n"), .. body];

    public static byte[] Redirect(string location, int status = 302) =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _loop.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Clients.Enqueue((IPEndPoint)client.Client.RemoteEndPoint!);
                var stream = client.GetStream();
                var request = new StringBuilder();
                var buffer = new byte[4096];
                while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    var read = await stream.ReadAsync(buffer, _stop.Token);
                    if (read == 0) return;
                    request.Append(Encoding.Latin1.GetString(buffer, 0, read));
                }

                Requests.Enqueue(request.ToString());
                await _answer(request.ToString(), stream, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went away, or the test is over.
                return;
            }
        }
    }
}
