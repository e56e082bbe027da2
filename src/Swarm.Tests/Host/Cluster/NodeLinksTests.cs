using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Host;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Host.Cluster;

/// <summary>Links over loopback with the real server and client: what arrives, what is refused and counted, and that nothing waits for a node that is not there.</summary>
public sealed class NodeLinksTests
{
    [Fact]
    public async Task Messages_arrive_whole_and_in_order()
    {
        var (one, two) = await LinkWorld.PairAsync();
        await using var _ = one;
        await using var __ = two;
        var random = new Random(1);
        ImmutableArray<byte>[] messages = [.. Enumerable.Range(0, 500).Select(i =>
        {
            var bytes = new byte[i % 100 == 0 ? ClusterLimits.MaxMessageBytes : random.Next(1, 3_000)];
            random.NextBytes(bytes);
            return bytes.ToImmutableArray();
        })];
        foreach (var message in messages) one.Links.Send(two.At, message).ShouldBeTrue();
        foreach (var message in messages) two.Inbox.Expect<INodeLink.Received>().Message.AsSpan().SequenceEqual(message.AsSpan()).ShouldBeTrue();
        // The last answer may be on its way.
        Eventually.Holds(() => one.Links.Counters is { Waiting: 0, Delivered: >= 500 });
    }

    [Fact]
    public async Task One_with_another_key_is_not_heard_and_is_counted()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options());
        await using var stranger = await LinkEnd.StartAsync(LinkWorld.Options() with { Key = [.. RandomNumberGenerator.GetBytes(32)] });
        stranger.Links.Send(one.At, [1]).ShouldBeTrue();
        Eventually.Holds(() => one.Links.Counters.Of(LinkRejection.Unproven) > 0 && stranger.Links.Counters.Undelivered == 1);
        (await stranger.Links.CallAsync(one.At, 1, default, TestContext.Current.CancellationToken)).Status.ShouldBe(NodeAnswerStatus.Unreachable);
        one.Inbox.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task One_of_another_cluster_or_who_looks_for_another_node_is_refused()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options());
        await using var other = await LinkEnd.StartAsync(LinkWorld.Options() with { Cluster = "other" });
        other.Links.Send(one.At, [1]);
        Eventually.Holds(() => one.Links.Counters.Of(LinkRejection.Misdirected) == 1);
        await using var lost = await LinkEnd.StartAsync(LinkWorld.Options());
        lost.Links.Send(one.At.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), [1]);
        Eventually.Holds(() => one.Links.Counters.Of(LinkRejection.Misdirected) == 2);
        one.Inbox.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task What_was_recorded_is_not_taken_again()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options());
        using var client = new RawClient(one.At);
        var key = LinkWorld.Key.ToArray();
        var hello = new LinkHello(ClusterCodec.ClusterNumber("test"), "127.0.0.1:1", one.At, [.. new byte[LinkForms.NonceBytes]]);
        var (status, answer) = await client.PostAsync(LinkPart.Hello, LinkForms.Write(hello, key));
        status.ShouldBe(HttpStatusCode.OK);
        var welcome = LinkForms.ReadWelcome(answer, hello, key).ShouldNotBeNull();
        var session = LinkForms.SessionKey(hello, welcome, key);
        var request = LinkForms.WriteRequest(LinkPart.Messages, welcome.Session, 1, MessageBatch.Write([[9]]), session);

        (await client.PostAsync(LinkPart.Messages, request)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.PostAsync(LinkPart.Messages, request)).Status.ShouldBe(HttpStatusCode.Conflict);
        // As another part, and under the session of a hello that was played again.
        (await client.PostAsync(LinkPart.Call, request)).Status.ShouldBe(HttpStatusCode.Forbidden);
        var (_, again) = await client.PostAsync(LinkPart.Hello, LinkForms.Write(hello, key));
        var other = LinkForms.ReadWelcome(again, hello, key).ShouldNotBeNull();
        byte[] moved = [.. other.Session, .. request.AsSpan(LinkForms.SessionBytes)];
        (await client.PostAsync(LinkPart.Messages, moved)).Status.ShouldBe(HttpStatusCode.Forbidden);

        one.Inbox.Expect<INodeLink.Received>().Message.ShouldBe([9]);
        one.Inbox.Waiting.ShouldBe(0);
        one.Links.Counters.Of(LinkRejection.Replayed).ShouldBe(1);
        one.Links.Counters.Of(LinkRejection.Unproven).ShouldBe(2);
    }

    [Fact]
    public async Task What_does_not_have_the_form_or_the_size_is_refused_and_counted()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options());
        using var client = new RawClient(one.At);
        (await client.PostAsync(LinkPart.Messages, new byte[10])).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.PostAsync(LinkPart.Messages, new byte[100])).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await client.PostAsync(LinkPart.Hello, new byte[LinkForms.MaxHelloBytes + 1])).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await client.PostAsync(LinkPart.Messages, new byte[LinkWorld.Quick.RequestBytes + LinkForms.RequestOverhead + 1])).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await client.SendAsync(HttpMethod.Post, "/metrics", [])).Status.ShouldBe(HttpStatusCode.NotFound);
        (await client.SendAsync(HttpMethod.Get, "/swarm/v1/messages", [])).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        var counters = one.Links.Counters;
        (counters.Of(LinkRejection.Malformed), counters.Of(LinkRejection.UnknownSession), counters.Of(LinkRejection.Oversized), counters.Of(LinkRejection.NotOurs)).ShouldBe((1, 1, 2, 2));
        one.Inbox.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task Whatever_bytes_come_in_the_server_goes_on()
    {
        var (one, two) = await LinkWorld.PairAsync();
        await using var _ = one;
        await using var __ = two;
        using var client = new RawClient(one.At);
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(400)];
            random.NextBytes(bytes);
            var (status, _) = await client.PostAsync(((ReadOnlySpan<LinkPart>)[LinkPart.Hello, LinkPart.Messages, LinkPart.Call])[round % 3], bytes);
            ((int)status).ShouldBeInRange(400, 421);
            if (round % 10 == 0) await client.RawAsync(bytes);
        }

        two.SendUntilHeard(one, 7);
    }

    [Fact]
    public async Task Before_anybody_listens_others_are_told_so_and_after_it_messages_arrive()
    {
        await using var one = await LinkEnd.BindAsync(LinkWorld.Options());
        await using var two = await LinkEnd.StartAsync(LinkWorld.Options());
        two.Links.Send(one.At, [1]);
        Eventually.Holds(() => one.Links.Counters.Of(LinkRejection.NotOpen) == 1 && two.Links.Counters.Undelivered == 1);
        one.Links.Send(two.At, [1]).ShouldBeFalse();
        one.Open();
        two.SendUntilHeard(one, 2);
        one.Links.Close();
        one.Links.Send(two.At, [1]).ShouldBeFalse();
        one.Open();
        two.SendUntilHeard(one, 3);
        one.SendUntilHeard(two, 4);
    }

    [Fact]
    public async Task An_end_point_belongs_to_one_process()
    {
        await using var one = await LinkEnd.BindAsync(LinkWorld.Options());
        (await Should.ThrowAsync<SwarmException>(() => LinkEnd.BindAsync(LinkWorld.Options(one.At)))).Message.ShouldContain("is it running already?");
        one.Links.Open("127.0.0.1:1", one.Inbox);
        one.Inbox.Expect<INodeLink.OpenFailed>();
    }

    [Fact]
    public async Task A_node_that_came_back_is_heard_again_and_hears()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options());
        var two = await LinkEnd.StartAsync(LinkWorld.Options());
        var at = two.At;
        one.SendUntilHeard(two, 1);
        two.SendUntilHeard(one, 1);
        await two.DisposeAsync();
        one.Links.Send(at, [2]);
        Eventually.Holds(() => one.Links.Counters.Undelivered > 0);

        await using var again = await LinkEnd.StartAsync(LinkWorld.Options(at));
        one.SendUntilHeard(again, 3);
        again.SendUntilHeard(one, 4);
        again.Links.Counters.Of(LinkRejection.Unproven).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_waits_for_a_node_that_takes_connections_and_says_nothing()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options(settings: LinkWorld.Quick with { QueueLimit = 16, RequestTimeout = TimeSpan.FromMilliseconds(300) }));
        await using var two = await LinkEnd.StartAsync(LinkWorld.Options());
        var at = $"{silent.LocalEndpoint}";
        var taken = 0;
        for (var i = 0; i < 1_000; i++) taken += one.Links.Send(at, [1]) ? 1 : 0;
        // A request's worth under way at most, besides the queue.
        taken.ShouldBeInRange(16, 16 + LinkWorld.Quick.BatchMessages);
        one.Links.Counters.Dropped.ShouldBe(1_000 - taken);
        one.SendUntilHeard(two, 5);
        Eventually.Holds(() => one.Links.Counters is { Waiting: 0 } counters && counters.Undelivered == taken);
    }

    [Fact]
    public async Task The_bytes_that_wait_for_a_node_are_bounded()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options(settings: LinkWorld.Quick with { QueueBytes = 128 << 10, RequestTimeout = TimeSpan.FromMinutes(1), ConnectTimeout = TimeSpan.FromMinutes(1) }));
        ImmutableArray<byte> large = [.. new byte[40_000]];
        for (var i = 0; i < 200; i++)
        {
            one.Links.Send($"{silent.LocalEndpoint}", large);
            one.Links.Counters.Waiting.ShouldBeLessThanOrEqualTo(128 << 10);
        }

        one.Links.Counters.Dropped.ShouldBeGreaterThan(180);
        one.Links.Send($"{silent.LocalEndpoint}", [.. new byte[ClusterLimits.MaxMessageBytes + 1]]).ShouldBeFalse();
    }

    [Fact]
    public async Task Nodes_that_are_sent_to_are_bounded_and_idle_ones_forgotten()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options(settings: LinkWorld.Quick with { DestinationLimit = 16, IdleTime = TimeSpan.FromSeconds(1) }));
        for (var port = 1; port <= 20; port++) one.Links.Send($"127.0.0.1:{port}", [1]).ShouldBe(port <= 16);
        one.Links.Send("no end point", [1]).ShouldBeFalse();
        Eventually.Holds(() => one.Links.Counters.Destinations == 0);
        one.Links.Send("127.0.0.1:17", [1]).ShouldBeTrue();
    }

    [Fact]
    public async Task Connections_from_one_address_are_bounded()
    {
        await using var one = await LinkEnd.StartAsync(LinkWorld.Options(settings: LinkWorld.Quick with { ConnectionsPerAddress = 3 }));
        var connections = new List<TcpClient>();
        for (var i = 0; i < 5; i++)
        {
            connections.Add(new TcpClient());
            try
            {
                await connections[^1].ConnectAsync(IPEndPoint.Parse(one.At), TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                // One too many may be closed before its side knows that it stood.
            }
        }

        Eventually.Holds(() => one.Links.Counters.Of(LinkRejection.TooManyConnections) == 2);
        foreach (var connection in connections) connection.Dispose();
        await using var two = await LinkEnd.StartAsync(LinkWorld.Options());
        two.SendUntilHeard(one, 1);
    }

    [Fact]
    public async Task Calls_are_answered_and_say_what_became_of_them()
    {
        var (one, two) = await LinkWorld.PairAsync(LinkWorld.Quick with { CallTimeout = TimeSpan.FromMilliseconds(500) });
        await using var _ = one;
        await using var __ = two;
        var cancellation = TestContext.Current.CancellationToken;
        two.Links.Handle(1, (from, body, _) => Task.FromResult(new NodeAnswer(NodeAnswerStatus.Done, (byte[])[.. body.Span, .. System.Text.Encoding.UTF8.GetBytes(from)])));
        two.Links.Handle(2, (_, _, _) => throw new InvalidDataException("a bug"));
        two.Links.Handle(3, async (_, _, patience) =>
        {
            await Task.Delay(Timeout.Infinite, patience);
            return NodeAnswer.Of(NodeAnswerStatus.Done);
        });
        two.Links.Handle(4, (_, _, _) => Task.FromResult(new NodeAnswer(NodeAnswerStatus.Done, new byte[NodeLinkSettings.Default.AnswerBytes + 1])));
        two.Links.Handle(5, (_, _, _) => Task.FromResult(new NodeAnswer(NodeAnswerStatus.Done, new byte[NodeLinkSettings.Default.AnswerBytes])));

        var answer = await one.Links.CallAsync(two.At, 1, "x"u8.ToArray(), cancellation);
        (answer.Status, System.Text.Encoding.UTF8.GetString(answer.Body.Span)).ShouldBe((NodeAnswerStatus.Done, $"x{one.At}"));
        (await one.Links.CallAsync(two.At, 2, default, cancellation)).Status.ShouldBe(NodeAnswerStatus.Failed);
        (await one.Links.CallAsync(two.At, 3, default, cancellation)).Status.ShouldBeOneOf(NodeAnswerStatus.Busy, NodeAnswerStatus.Unreachable);
        (await one.Links.CallAsync(two.At, 4, default, cancellation)).Status.ShouldBe(NodeAnswerStatus.Failed);
        (await one.Links.CallAsync(two.At, 5, default, cancellation)).Body.Length.ShouldBe(NodeLinkSettings.Default.AnswerBytes);
        (await one.Links.CallAsync(two.At, 6, default, cancellation)).Status.ShouldBe(NodeAnswerStatus.Unknown);
        (await one.Links.CallAsync("127.0.0.1:1", 1, default, cancellation)).Status.ShouldBe(NodeAnswerStatus.Unreachable);
        Should.Throw<InvalidOperationException>(() => two.Links.Handle(1, (_, _, _) => Task.FromResult(NodeAnswer.Of(NodeAnswerStatus.Done))));
    }

    [Fact]
    public async Task Beyond_loopback_nobody_listens_without_a_proof()
    {
        var open = LinkWorld.Options() with { Key = [], Listen = [new IPEndPoint(IPAddress.Any, 0)] };
        (await Should.ThrowAsync<SwarmException>(() => NodeLinks.BindAsync(open, NullLoggerFactory.Instance))).Message.ShouldContain("swarm.cluster.secret-file");
        await using var known = await LinkEnd.BindAsync(open with { Key = LinkWorld.Key });
        await using var here = await LinkEnd.StartAsync(LinkWorld.Options() with { Key = [] });
        await using var too = await LinkEnd.StartAsync(LinkWorld.Options() with { Key = [] });
        here.SendUntilHeard(too, 1);
    }

    // Speaks HTTP/2 to a link without its client.
    private sealed class RawClient(string at) : IDisposable
    {
        private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

        public Task<(HttpStatusCode Status, byte[] Body)> PostAsync(LinkPart part, byte[] body) => SendAsync(HttpMethod.Post, LinkClient.PathOf(part), body);

        public async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpMethod method, string path, byte[] body)
        {
            using var request = new HttpRequestMessage(method, $"http://{at}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (method == HttpMethod.Post) request.Content = new ByteArrayContent(body);
            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync());
        }

        /// <summary>Sends bytes that are not even HTTP, and waits until the server has closed.</summary>
        public async Task RawAsync(byte[] bytes)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPEndPoint.Parse(at));
            try
            {
                var stream = socket.GetStream();
                await stream.WriteAsync(bytes);
                socket.Client.Shutdown(SocketShutdown.Send);
                var buffer = new byte[1_024];
                while (await stream.ReadAsync(buffer) > 0) continue;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Closed at once is as good.
            }
        }

        public void Dispose() => _http.Dispose();
    }
}
