using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Tests.Host.Api;

public sealed class EventTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_subscriber_is_told_at_once_where_it_stands_and_then_what_changes()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1);
        using var stream = await EventReader.OpenAsync(api, "/api/v1/events");
        var first = await stream.NextAsync();

        api.Put(2);
        var second = await stream.NextAsync();

        first.Name.ShouldBe("torrents");
        first.Delta.Changed.ShouldBeEmpty();
        first.Id.ShouldBe(first.Delta.Revision);
        second.Delta.Changed.Select(item => item.Name).ShouldBe(["torrent 2"]);
        second.Id.ShouldBe(api.Catalogue.Revision);
    }

    [Fact]
    public async Task Who_comes_back_is_told_what_it_missed()
    {
        await using var api = await ApiFixture.StartAsync();
        api.Put(1, 2);
        var seen = api.Catalogue.Revision;
        api.Catalogue.Remove(Rows.Hash(1));
        api.Put(3);

        using var byHeader = await EventReader.OpenAsync(api, "/api/v1/events", lastEventId: seen);
        using var byQuery = await EventReader.OpenAsync(api, $"/api/v1/events?since={seen}");

        foreach (var stream in (EventReader[])[byHeader, byQuery])
        {
            var delta = (await stream.NextAsync()).Delta;
            delta.Removed.ShouldBe([Rows.Hash(1).ToString()]);
            delta.Changed.Select(item => item.Name).ShouldBe(["torrent 3"]);
        }
    }

    [Fact]
    public async Task Who_comes_back_too_late_is_told_to_begin_again()
    {
        await using var api = await ApiFixture.StartAsync();
        using var stream = await EventReader.OpenAsync(api, "/api/v1/events", lastEventId: 7);
        var first = await stream.NextAsync();

        first.Name.ShouldBe("resync");
        first.Delta.Resync.ShouldBeTrue();
        api.Put(1);
        (await stream.NextAsync()).Delta.Changed.Count.ShouldBe(1, "it goes on from there");
    }

    [Fact]
    public async Task What_changes_many_times_while_a_subscriber_is_slow_is_one_event()
    {
        await using var api = await ApiFixture.StartAsync();
        using var stream = await EventReader.OpenAsync(api, "/api/v1/events");
        await stream.NextAsync();

        // More than any buffer on the way holds, while nobody reads.
        var name = new string('x', 200);
        for (var round = 0; round < 2_000; round++) api.Catalogue.Put([.. Enumerable.Range(0, 20).Select(number => Rows.Row(number) with { Name = name, DownloadRate = round })]);
        var events = 0;
        var rates = new Dictionary<string, long>();
        while (rates.Count < 20 || rates.Values.Any(rate => rate != 1_999))
        {
            events++;
            foreach (var item in (await stream.NextAsync()).Delta.Changed) rates[item.Hash] = item.DownloadRate;
        }

        events.ShouldBeLessThan(2_000);
    }

    [Fact]
    public async Task A_large_change_comes_in_parts()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { Catalogue = CatalogueSettings.Default with { DeltaLimit = 3 } });
        var seen = api.Catalogue.Revision;
        api.Put(1, 2, 3, 4, 5, 6, 7);
        using var stream = await EventReader.OpenAsync(api, $"/api/v1/events?since={seen}");

        var sizes = new[] { (await stream.NextAsync()).Delta.Changed.Count, (await stream.NextAsync()).Delta.Changed.Count, (await stream.NextAsync()).Delta.Changed.Count };

        sizes.ShouldBe([3, 3, 1]);
    }

    [Fact]
    public async Task A_quiet_stream_says_that_it_lives()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { HeartBeat = TimeSpan.FromMilliseconds(20) });
        using var stream = await EventReader.OpenAsync(api, "/api/v1/events");
        await stream.NextAsync();

        (await stream.LineAsync()).ShouldBe(":");
    }

    [Fact]
    public async Task One_subscriber_too_many_is_refused_and_there_is_room_when_one_goes()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { SubscriberLimit = 1, HeartBeat = TimeSpan.FromMilliseconds(20) });
        var first = await EventReader.OpenAsync(api, "/api/v1/events");
        using var refused = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"));
        first.Dispose();

        await ApiFixture.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        using var patience = new CancellationTokenSource(Patience);
        while ((await api.GetAsync("/api/v1/statistics", ApiJson.Default.Statistics)).Subscribers > 0) patience.Token.ThrowIfCancellationRequested();
        using var second = await EventReader.OpenAsync(api, "/api/v1/events");
        (await second.NextAsync()).Name.ShouldBe("torrents");
    }

    [Fact]
    public async Task A_number_that_is_none_is_refused()
    {
        await using var api = await ApiFixture.StartAsync();
        using var response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/events") { Headers = { { "Last-Event-ID", "x" } } });

        await ApiFixture.ProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Lines_of_the_log_are_told_as_they_come()
    {
        await using var api = await ApiFixture.StartAsync();
        using var stream = await EventReader.OpenAsync(api, "/api/v1/log/stream?level=error");
        var log = api.Logs.CreateLogger("Swarm.Test");
        log.LogWarning("not this");
        log.LogError("but this");

        var line = JsonSerializer.Deserialize((await stream.NextAsync()).Data, ApiJson.Default.LogLine)!;

        line.Message.ShouldBe("but this");
        line.Level.ShouldBe("error");
        line.Category.ShouldBe("Swarm.Test");
    }

    [Fact]
    public async Task Who_subscribes_is_answered_before_anything_happens()
    {
        await using var api = await ApiFixture.StartAsync(ApiFixture.Settings with { HeartBeat = TimeSpan.FromMinutes(10) });
        using var stream = await EventReader.OpenAsync(api, "/api/v1/log/stream?level=critical");
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_streams_at_once()
    {
        var api = await ApiFixture.StartAsync();
        using var stream = await EventReader.OpenAsync(api, "/api/v1/events");
        await stream.NextAsync();

        var stopping = api.StopServerAsync();

        (await stream.LineAsync()).ShouldBeNull();
        await stopping.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await api.DisposeAsync();
    }

    // One stream, event by event.
    private sealed class EventReader : IDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly StreamReader _reader;

        private EventReader(HttpResponseMessage response, StreamReader reader) => (_response, _reader) = (response, reader);

        public static async Task<EventReader> OpenAsync(ApiFixture api, string path, long? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (lastEventId is { } id) request.Headers.Add("Last-Event-ID", id.ToString());
            var response = await api.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            return new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
        }

        public async Task<string?> LineAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            return await _reader.ReadLineAsync(patience.Token);
        }

        public async Task<Event> NextAsync()
        {
            var (id, name, data) = (0L, "", "");
            while (true)
            {
                var line = (await LineAsync()).ShouldNotBeNull("the stream has ended");
                if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line[4..]);
                else if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
                else if (line.Length == 0 && data.Length > 0) return new Event(id, name, data);
            }
        }

        public void Dispose()
        {
            _reader.Dispose();
            _response.Dispose();
        }
    }

    private sealed record Event(long Id, string Name, string Data)
    {
        public TorrentDelta Delta => JsonSerializer.Deserialize(Data, ApiJson.Default.TorrentDelta)!;
    }
}
