using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Http;

namespace Swarm.Tests.Io.Http;

/// <summary>A port, the servers of a test, and short forms. All of it ends with the test.</summary>
public abstract class HttpFixture : IDisposable
{
    protected const int Limit = 1000;
    private readonly List<IDisposable> _owned = [];

    protected HttpFixture() => Port = Own(new HttpPort(HttpPortSettings.Default, NullLogger.Instance));

    private protected ReplyBox Replies { get; } = new();

    private protected HttpPort Port { get; private set; }

    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned)) owned.Dispose();
        Replies.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static RawServer Stalling(string begin) => new(async (_, stream, stop) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(begin), stop);
        await Task.Delay(Timeout.Infinite, stop);
    });

    private protected static void WaitFor(Func<bool> condition) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)).ShouldBeTrue();

    private protected static byte[] Compress(byte[] bytes, string encoding)
    {
        var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        }) stream.Write(bytes);
        return packed.ToArray();
    }

    private protected static string Text(IHttp.Replied replied) => Encoding.Latin1.GetString(replied.Body.AsSpan());

    private protected T Own<T>(T owned) where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private protected void Use(HttpPortSettings settings) => Port = Own(new HttpPort(settings, NullLogger.Instance));

    private protected RawServer Serve(Func<string, byte[]> answer) => Own(new RawServer(answer));

    private protected void Start(long id, string url, TimeSpan? timeout = null, AddressFamily family = AddressFamily.Unspecified) =>
        Port.Get(new HttpFetch(id, new Uri(url), family, timeout ?? TimeSpan.FromSeconds(30), Limit), Replies);

    private protected object Get(string url, TimeSpan? timeout = null, AddressFamily family = AddressFamily.Unspecified)
    {
        Start(1, url, timeout, family);
        return Replies.Take();
    }

    private protected object GetUri(Uri url)
    {
        Port.Get(new HttpFetch(1, url, AddressFamily.Unspecified, TimeSpan.FromSeconds(30), Limit), Replies);
        return Replies.Take();
    }

    private protected string Fail(string url, TimeSpan? timeout = null)
    {
        var reason = Get(url, timeout).ShouldBeOfType<IHttp.Failed>().Reason;
        reason.ShouldNotContain('\n');
        return reason;
    }
}
