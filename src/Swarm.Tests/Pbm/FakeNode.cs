using System.Net;
using System.Text;
using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Palettes;

namespace Swarm.Tests.Pbm;

/// <summary>A node's HTTP side as pbm sees it: the real palettes, and answers that a test sets. Keeps what was asked.</summary>
internal sealed class FakeNode : HttpMessageHandler
{
    private readonly Dictionary<string, Queue<Func<HttpResponseMessage>>> _answers = [];

    /// <summary>What it says it can do.</summary>
    public PaletteBook Book { get; set; } = NodePalettes.Book("9.9.9");

    /// <summary>What was asked but for the palettes: method, target, body.</summary>
    public List<(string Method, string Target, string Body)> Asked { get; } = [];

    /// <summary>The key of the last request.</summary>
    public string? Key { get; private set; }

    /// <summary>Not there at all.</summary>
    public bool IsDown { get; set; }

    /// <summary>Answers the next request for a target (path and query) with JSON.</summary>
    public FakeNode Answer(string method, string target, string json, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json")
    {
        var key = $"{method} {target}";
        if (!_answers.TryGetValue(key, out var queue)) _answers.Add(key, queue = new Queue<Func<HttpResponseMessage>>());
        queue.Enqueue(() => new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, type) });
        return this;
    }

    /// <summary>Answers the next request for a target with a stream of events that breaks off after this text.</summary>
    public FakeNode BreakOff(string method, string target, string text)
    {
        _answers.Add($"{method} {target}", new Queue<Func<HttpResponseMessage>>([() => new HttpResponseMessage { Content = new StreamContent(new BrokenStream(Encoding.UTF8.GetBytes(text))) }]));
        return this;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsDown) throw new HttpRequestException(HttpRequestError.ConnectionError, "down", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused));
        Key = request.Headers.Authorization?.Parameter;
        var target = request.RequestUri!.PathAndQuery;
        if (target == "/api/v1/palettes") return new HttpResponseMessage { Content = new StringContent(JsonSerializer.Serialize(Book, ApiJson.Default.PaletteBook), Encoding.UTF8, "application/json") };
        Asked.Add((request.Method.Method, target, request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken)));
        return _answers.TryGetValue($"{request.Method} {target}", out var answers) && answers.TryDequeue(out var answer)
            ? answer()
            : new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent($$"""{"title":"Not found","status":404,"detail":"nothing is prepared for {{request.Method}} {{target}}"}""", Encoding.UTF8, "application/problem+json") };
    }

    // A connection that is reset.
    private sealed class BrokenStream(byte[] text) : MemoryStream(text)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer) is > 0 and var read ? read : throw new IOException("the connection was reset");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return ValueTask.FromResult(Read(buffer.Span));
            }
            catch (IOException e)
            {
                return ValueTask.FromException<int>(e);
            }
        }
    }
}
