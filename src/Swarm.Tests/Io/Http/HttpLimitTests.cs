using System.IO.Compression;
using System.Text;
using Swarm.Actors.Ports;
using Swarm.Io.Http;

namespace Swarm.Tests.Io.Http;

/// <summary>Every limit of the port, at it and one past it.</summary>
public sealed class HttpLimitTests : HttpFixture
{
    [Fact]
    public void Compressed_body_of_as_many_bytes_as_the_limit_is_taken_and_one_more_is_refused()
    {
        foreach (var more in new[] { 0, 1 })
        {
            var server = Serve(_ => RawServer.Reply(Compress(new byte[Limit + more], "gzip"), "Content-Encoding: gzip\r\n"));
            Get(server.Root).ShouldBeOfType(more == 0 ? typeof(IHttp.Replied) : typeof(IHttp.Failed));
        }
    }

    // Zeros without end, packed a thousandfold: whoever unpacks it all never comes back.
    [Fact]
    public void Bomb_is_refused_without_being_unpacked()
    {
        var server = Own(new RawServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"u8.ToArray(), stop);
            var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
            while (true) await gzip.WriteAsync(new byte[1 << 20], stop);
        }));
        Fail(server.Root).ShouldContain($"more than the {Limit} bytes");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Body_of_as_many_bytes_as_the_limit_is_taken_and_one_more_is_refused(bool withLength)
    {
        foreach (var more in new[] { 0, 1 })
        {
            var body = new string('x', Limit + more);
            var server = Serve(_ => withLength ? RawServer.Reply(body) : Encoding.ASCII.GetBytes("HTTP/1.0 200 OK\r\n\r\n" + body));
            Get(server.Root).ShouldBeOfType(more == 0 ? typeof(IHttp.Replied) : typeof(IHttp.Failed));
        }
    }

    [Fact]
    public void Endless_body_is_cut_off_at_the_limit()
    {
        var server = Own(new RawServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
            while (true) await stream.WriteAsync(new byte[65536], stop);
        }));
        Fail(server.Root).ShouldContain($"more than the {Limit} bytes");
    }

    [Fact]
    public void Headers_without_end_are_cut_off()
    {
        Use(HttpPortSettings.Default with { HeaderKibibytes = 4 });
        var server = Own(new RawServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), stop);
            while (true) await stream.WriteAsync("X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"u8.ToArray(), stop);
        }));
        Fail(server.Root).ShouldContain("headers that are too long");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")]
    public void Time_out_covers_the_exchange_to_its_last_byte(string begin)
    {
        var server = Own(Stalling(begin));
        Fail(server.Root, timeout: TimeSpan.FromMilliseconds(300)).ShouldContain("did not answer within 0.3 s");
    }

    [Fact]
    public void Time_out_runs_while_a_request_waits_for_its_turn()
    {
        Use(HttpPortSettings.Default with { Concurrency = 1 });
        var server = Own(Stalling(""));
        Start(1, server.Root, TimeSpan.FromSeconds(30));
        WaitFor(() => server.Requests.Count == 1);
        Start(2, server.Root, TimeSpan.FromMilliseconds(200));
        Replies.Take<IHttp.Failed>().Id.ShouldBe(2);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public void No_more_run_at_a_time_than_the_limit_and_the_rest_follow()
    {
        Use(HttpPortSettings.Default with { Concurrency = 3 });
        var (now, most) = (0, 0);
        var gate = new Lock();
        var server = Own(new RawServer(async (_, stream, stop) =>
        {
            lock (gate) most = Math.Max(most, ++now);
            await Task.Yield();
            lock (gate) now--;
            await stream.WriteAsync(RawServer.Reply("x"), stop);
        }));
        for (var i = 0; i < 30; i++) Start(i, server.Root);
        Enumerable.Range(0, 30).Select(_ => Replies.Take<IHttp.Replied>().Id).Order().ShouldBe(Enumerable.Range(0, 30).Select(i => (long)i));
        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public void Queue_takes_as_many_as_its_limit_and_refuses_one_more()
    {
        Use(HttpPortSettings.Default with { Concurrency = 1, QueueLimit = 2 });
        var server = Own(Stalling(""));
        for (var i = 1; i <= 4; i++) Start(i, server.Root);
        var refused = Replies.Take<IHttp.Failed>();
        refused.Id.ShouldBe(4);
        refused.Reason.ShouldContain("wait already");
        Port.Refused.ShouldBe(1);
    }

    [Fact]
    public void Cancelled_request_is_not_answered_and_its_turn_is_free()
    {
        Use(HttpPortSettings.Default with { Concurrency = 1 });
        var stalling = Own(Stalling(""));
        var server = Serve(_ => RawServer.Reply("x"));
        Start(1, stalling.Root);
        Start(2, stalling.Root);
        WaitFor(() => !stalling.Requests.IsEmpty);
        Port.Cancel(1);
        Port.Cancel(2);
        Start(2, server.Root);
        var replied = Replies.Take<IHttp.Replied>();
        replied.Id.ShouldBe(2);
        Replies.Waiting.ShouldBe(0);
        Port.Cancel(2);
    }

    [Fact]
    public void Id_that_is_under_way_is_refused()
    {
        var stalling = Own(Stalling(""));
        Start(1, stalling.Root);
        Start(1, stalling.Root);
        Replies.Take<IHttp.Failed>().Reason.ShouldContain("under way already");
    }

    [Fact]
    public void DisposedPort_answers_nothing_that_was_under_way_and_refuses_what_comes()
    {
        var stalling = Own(Stalling(""));
        Start(1, stalling.Root);
        Port.Dispose();
        Start(2, stalling.Root);
        Replies.Take<IHttp.Failed>().Id.ShouldBe(2);
        Replies.Waiting.ShouldBe(0);
    }
}
