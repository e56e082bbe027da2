using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Events;

/// <summary>
/// Streams of server-sent events (WHATWG HTML, "Server-sent events"). Owns nothing of a subscriber but how far it is: what it is told is read from the catalogue or the log when it can take it, so
/// one that is slow gets fewer and larger events and costs no memory, however far behind; one that is too far behind is told to begin again. The event's id is the revision, so that a browser that
/// comes back is where it was.
/// </summary>
internal sealed class EventStreams(ApiServices api, CancellationToken stopping)
{
    /// <summary>The type of the streams.</summary>
    public const string ContentType = "text/event-stream";

    private const int LogBatch = 200;
    private readonly SharedFrames _frames = new(api.Catalogue);
    private int _subscribers;

    /// <summary>Streams that are open.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>Changes of torrents until the other side goes: "torrents" with a <see cref="TorrentDelta"/>, or "resync" where too much is forgotten.</summary>
    /// <exception cref="ApiException">There are too many subscribers, or what it asks from makes no sense.</exception>
    public Task TorrentsAsync(HttpContext context, long? since)
    {
        var revision = since ?? LastEventId(context) ?? api.Catalogue.Revision;
        return RunAsync(context, async cancellation =>
        {
            // The first at once, so that who subscribes knows that it is heard.
            var frame = await _frames.AfterAsync(revision, cancellation).ConfigureAwait(false);
            while (true)
            {
                // Ends only when the other side takes it: who does not read is not written for.
                await context.Response.BodyWriter.WriteAsync(frame.Bytes, cancellation).ConfigureAwait(false);
                revision = frame.To;
                if (!frame.More) await Task.Delay(api.Settings.EventGap, api.Clock, cancellation).ConfigureAwait(false);
                await HeartBeatUntilAsync(context, beat => api.Catalogue.WaitAsync(revision, beat), cancellation).ConfigureAwait(false);
                frame = await _frames.AfterAsync(revision, cancellation).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Lines of the log at or above a level until the other side goes: "line" with a <see cref="LogLine"/>.</summary>
    /// <exception cref="ApiException">There are too many subscribers.</exception>
    public Task LogAsync(HttpContext context, LogLevel level)
    {
        var next = LastEventId(context) + 1 ?? api.Log.Next;
        return RunAsync(context, async cancellation =>
        {
            while (true)
            {
                await HeartBeatUntilAsync(context, beat => api.Log.WaitAsync(next, beat), cancellation).ConfigureAwait(false);
                (var lines, next) = api.Log.Read(next, LogBatch, level);
                foreach (var line in lines) await WriteAsync(context, line, cancellation).ConfigureAwait(false);
            }
        });
    }

    private static long? LastEventId(HttpContext context)
    {
        var text = context.Request.Headers["Last-Event-ID"].ToString();
        if (text.Length == 0) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw ApiException.BadRequest("'Last-Event-ID' is the number of the last event that was received.");
    }

    private static async Task WriteAsync(HttpContext context, LogLine line, CancellationToken cancellation)
    {
        var writer = context.Response.BodyWriter;
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {line.Sequence}\nevent: line\ndata: "), writer);
        using (var json = new Utf8JsonWriter(writer)) JsonSerializer.Serialize(json, line, ApiJson.Default.LogLine);
        Encoding.UTF8.GetBytes("\n\n", writer);
        await writer.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync(HttpContext context, Func<CancellationToken, Task> run)
    {
        if (Interlocked.Increment(ref _subscribers) > api.Settings.SubscriberLimit)
        {
            Interlocked.Decrement(ref _subscribers);
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "Too many subscribers", $"{api.Settings.SubscriberLimit} streams of events are open, as many as this node allows.") { RetryAfter = TimeSpan.FromSeconds(10) };
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = ContentType;
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await run(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The other side has gone, or the node ends: so does the stream.
        }
        finally
        {
            Interlocked.Decrement(ref _subscribers);
        }
    }

    private async Task HeartBeatUntilAsync(HttpContext context, Func<CancellationToken, Task> happens, CancellationToken cancellation)
    {
        while (true)
        {
            using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            beat.CancelAfter(api.Settings.HeartBeat);
            try
            {
                await happens(beat.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                Encoding.UTF8.GetBytes(":\n\n", context.Response.BodyWriter);
                await context.Response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
    }
}
