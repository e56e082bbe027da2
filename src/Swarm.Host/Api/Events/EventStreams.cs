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
    private readonly SharedFrames _frames = new(api.Catalogue, api.Settings.EventGap, api.Clock, stopping);
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
            var frame = _frames.UpToNow(revision);
            while (true)
            {
                // Ends only when the other side takes it: who does not read is not written for.
                foreach (var piece in frame.Bytes.Pieces) await context.Response.BodyWriter.WriteAsync(piece, cancellation).ConfigureAwait(false);
                revision = frame.To;
                frame = await HeartBeatUntilAsync(context, beat => _frames.AfterAsync(revision, beat), cancellation).ConfigureAwait(false);
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
                (var lines, next) = await HeartBeatUntilAsync(context, beat => LinesAsync(next, level, beat), cancellation).ConfigureAwait(false);
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

    private async Task<(List<LogLine> Lines, long Next)> LinesAsync(long from, LogLevel level, CancellationToken cancellation)
    {
        await api.Log.WaitAsync(from, cancellation).ConfigureAwait(false);
        return api.Log.Read(from, LogBatch, level);
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
            // At once, so that who subscribes knows that it is heard, even if nothing happens for long.
            await context.Response.BodyWriter.FlushAsync(ended.Token).ConfigureAwait(false);
            await run(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            // The other side has gone, or the node ends: so does the stream.
        }
        finally
        {
            Interlocked.Decrement(ref _subscribers);
        }
    }

    private async Task<T> HeartBeatUntilAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> happens, CancellationToken cancellation)
    {
        while (true)
        {
            using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            beat.CancelAfter(api.Settings.HeartBeat);
            try
            {
                return await happens(beat.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (beat.IsCancellationRequested && !cancellation.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                Encoding.UTF8.GetBytes(":\n\n", context.Response.BodyWriter);
                await context.Response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
    }
}
