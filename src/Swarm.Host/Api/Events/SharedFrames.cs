using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Events;

/// <summary>A difference as it goes out: the event's bytes, which lead whoever stands anywhere between the two revisions to the second, and whether there is more at once.</summary>
internal sealed record Frame(long From, long To, bool More, FrameBytes Bytes);

/// <summary>
/// Writes each difference once for all subscribers. The frames follow each other without a gap, one in each gap of events, whoever waits; a subscriber that stands inside one takes all of it, and is told
/// some of what it knows again, so that all go on together from its end. Owns the last few frames, a bounded number of bounded size; who is further behind, or just comes, gets a frame of its own up to now.
/// </summary>
internal sealed class SharedFrames(TorrentCatalogue catalogue, TimeSpan gap, TimeProvider clock, CancellationToken stopping)
{
    private const int MaxFrames = 8;

    private readonly Lock _gate = new();
    private readonly Queue<Frame> _frames = new();
    private Task? _making;
    private long _end;
    private long? _madeAt;

    private bool IsQuiet => _madeAt is not { } madeAt || clock.GetElapsedTime(madeAt) > gap * MaxFrames;

    /// <summary>What is between a revision and now, for one subscriber; with nothing in it where nothing is.</summary>
    public Frame UpToNow(long revision)
    {
        var delta = catalogue.Since(revision);
        return new Frame(revision, delta.Revision, delta.More, Write(delta));
    }

    /// <summary>What comes after a revision, as soon as there is something.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the node ends.</exception>
    public async Task<Frame> AfterAsync(long revision, CancellationToken cancellation)
    {
        while (true)
        {
            Task making;
            lock (_gate)
            {
                if (_frames.FirstOrDefault(frame => frame.From <= revision && revision < frame.To) is { } known) return known;
                // Nobody has asked for a while: they begin anew where somebody stands.
                if (revision > _end && _making is null && IsQuiet) (_end, _madeAt) = (revision, null);
                if (revision < _end) break;
                making = _making ??= Task.Run(() => MakeAsync(_end), stopping);
            }

            await making.WaitAsync(cancellation).ConfigureAwait(false);
        }

        return UpToNow(revision);
    }

    // One at a time. Where there is more at once, the next one is not waited for.
    private async Task MakeAsync(long from)
    {
        try
        {
            await catalogue.WaitAsync(from, stopping).ConfigureAwait(false);
            var rest = _madeAt is { } madeAt ? gap - clock.GetElapsedTime(madeAt) : TimeSpan.Zero;
            if (rest > TimeSpan.Zero) await Task.Delay(rest, clock, stopping).ConfigureAwait(false);
            var began = clock.GetTimestamp();
            var frame = UpToNow(from);
            lock (_gate)
            {
                if (_frames.Count == MaxFrames) _frames.Dequeue();
                _frames.Enqueue(frame);
                _end = frame.To;
                _madeAt = frame.More ? null : began;
            }
        }
        finally
        {
            lock (_gate) _making = null;
        }
    }

    private static FrameBytes Write(CatalogueDelta delta)
    {
        var bytes = new FrameBytes();
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {delta.Revision}\nevent: {(delta.Resync ? "resync" : "torrents")}\ndata: "), bytes);
        using (var json = new Utf8JsonWriter(bytes)) JsonSerializer.Serialize(json, TorrentMapping.DeltaOf(delta), ApiJson.Default.TorrentDelta);
        Encoding.UTF8.GetBytes("\n\n", bytes);
        return bytes;
    }
}
