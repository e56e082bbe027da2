using System.Diagnostics.CodeAnalysis;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>What became of a request that was offered to <see cref="UploadQueue"/>.</summary>
public enum UploadAdmission
{
    /// <summary>It waits.</summary>
    Queued,

    /// <summary>The very same request waits already.</summary>
    Duplicate,

    /// <summary>A request for the same place with another length waits: two answers could not be told apart.</summary>
    Conflict,

    /// <summary>The queue holds as many requests, or as many bytes, as it may.</summary>
    Full,
}

/// <summary>
/// The requests of one peer that wait to be answered, first come first served. Owned by <see cref="PeerWireState"/>.
/// Always holds: at most <see cref="WireSettings.MaxQueuedUploads"/> requests and <see cref="WireSettings.MaxQueuedUploadBytes"/> bytes wait.
/// Overflow refuses the newest: older requests are nearer to being answered, and the peer was told the bound (BEP 10, "reqq").
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue.")]
public sealed class UploadQueue
{
    private readonly BlockTable _waiting = new();
    private readonly WireSettings _settings;

    /// <summary>An empty queue.</summary>
    public UploadQueue(WireSettings settings) => _settings = settings;

    /// <summary>How many requests wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>How many bytes they ask for.</summary>
    public long Bytes { get; private set; }

    /// <summary>Offers a request, already checked against the torrent.</summary>
    public UploadAdmission Add(BlockRequest block, long nowTicks)
    {
        var slot = _waiting.Find(block.Piece, block.Begin);
        if (slot != BlockTable.None) return _waiting[slot] == block ? UploadAdmission.Duplicate : UploadAdmission.Conflict;
        if (Count >= _settings.MaxQueuedUploads || Bytes + block.Length > _settings.MaxQueuedUploadBytes) return UploadAdmission.Full;
        _waiting.TryAdd(block, nowTicks, 0, out _);
        Bytes += block.Length;
        return UploadAdmission.Queued;
    }

    /// <summary>Looks at the oldest request. False if none waits.</summary>
    public bool TryPeek(out BlockRequest block)
    {
        block = _waiting.First == BlockTable.None ? default : _waiting[_waiting.First];
        return _waiting.First != BlockTable.None;
    }

    /// <summary>Takes the oldest request, which must now be answered. False if none waits.</summary>
    public bool TryTake(out BlockRequest block)
    {
        if (!TryPeek(out block)) return false;
        Remove(_waiting.First);
        return true;
    }

    /// <summary>Takes back exactly this request. False if it does not wait.</summary>
    public bool Remove(BlockRequest block)
    {
        var slot = _waiting.Find(block.Piece, block.Begin);
        if (slot == BlockTable.None || _waiting[slot] != block) return false;
        Remove(slot);
        return true;
    }

    /// <summary>Takes out all requests but those for pieces that <paramref name="keep"/> holds; they are added to <paramref name="dropped"/> in order.</summary>
    public void DropAll(Func<PieceIndex, bool> keep, List<BlockRequest> dropped)
    {
        for (var slot = _waiting.First; slot != BlockTable.None;)
        {
            var next = _waiting.Next(slot);
            if (!keep(_waiting[slot].Piece))
            {
                dropped.Add(_waiting[slot]);
                Remove(slot);
            }

            slot = next;
        }
    }

    private void Remove(int slot)
    {
        Bytes -= _waiting[slot].Length;
        _waiting.Remove(slot);
    }
}
