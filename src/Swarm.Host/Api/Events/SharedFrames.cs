using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Torrents;

namespace Swarm.Host.Api.Events;

/// <summary>A difference as it goes out: the bytes of an event, the revision it leads to, and whether there is more at once.</summary>
internal sealed record Frame(long From, long To, bool More, byte[] Bytes);

/// <summary>
/// Writes each difference once for all subscribers that stand at the same revision: the first that asks for what comes after it makes the frame, and those behind it take the same, so that they go on
/// together. Owns the last few frames, a bounded number of bounded size; whoever stands elsewhere gets a frame of its own.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asked for holds nothing.")]
internal sealed class SharedFrames(TorrentCatalogue catalogue)
{
    private const int MaxFrames = 8;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Queue<Frame> _frames = new();

    /// <summary>What comes after a revision; with nothing in it where nothing does.</summary>
    public async Task<Frame> AfterAsync(long revision, CancellationToken cancellation)
    {
        // One at a time, so that the others find what the first made.
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Who follows behind is not to wait between frames, or would stay behind for good.
            if (_frames.FirstOrDefault(frame => frame.From == revision) is { } known) return known with { More = known.More || known != _frames.Last() };
            var delta = catalogue.Since(revision);
            var made = new Frame(revision, delta.Revision, delta.More, Write(delta));
            if (delta.Resync || delta.Revision == revision) return made;
            if (_frames.Count == MaxFrames) _frames.Dequeue();
            _frames.Enqueue(made);
            return made;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static byte[] Write(CatalogueDelta delta)
    {
        using var bytes = new MemoryStream();
        bytes.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {delta.Revision}\nevent: {(delta.Resync ? "resync" : "torrents")}\ndata: ")));
        JsonSerializer.Serialize(bytes, TorrentMapping.DeltaOf(delta), ApiJson.Default.TorrentDelta);
        bytes.Write("\n\n"u8);
        return bytes.ToArray();
    }
}
