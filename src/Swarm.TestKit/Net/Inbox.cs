using Swarm.Actors.Ports;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>
/// What is under way to one end of a connection, and what lies there unread, in the slabs that the end will hand to its owner. The sender writes straight into it when its bytes go out, so
/// bytes are copied once and a block is read when it leaves; the order is that of the stream, and only the reader's side knows how much has come so far.
/// <para>
/// What always holds: a slab is filled to its last byte before the next one begins, so a block with its header lies in at most two. The one exception is a slab of which all is read and nobody holds a byte,
/// which <see cref="Tidy"/> gives back. Each run holds the link's own reference of its slab until all of it is read.
/// </para>
/// </summary>
internal sealed class Inbox(SlabLedger slabs, int slabBytes, Action returned)
{
    private readonly Queue<Run> _runs = new();
    private Run? _filling;
    private int _lent;

    /// <summary>Whether it holds a slab.</summary>
    public bool HasSlab => _runs.Count > 0;

    /// <summary>Slabs of which bytes were handed out and that are not back yet.</summary>
    public int Lent => _lent;

    /// <summary>Whether the next byte is in a slab of which nothing was handed out.</summary>
    public bool NeedsNewSlab => _runs.TryPeek(out var run) && !run.IsLent;

    /// <summary>Room for the next bytes of the stream, at least one and at most <paramref name="wanted"/>; <see cref="Commit"/> says how many were written.</summary>
    public Span<byte> Reserve(int wanted)
    {
        if (_filling is null || _filling.End == _filling.Slab.Buffer.Length)
        {
            var run = new Run();
            run.Slab = slabs.RentForLink(slabBytes, () => OnReturned(run));
            _runs.Enqueue(_filling = run);
        }

        return _filling.Slab.Buffer.AsSpan(_filling.End, Math.Min(wanted, _filling.Slab.Buffer.Length - _filling.End));
    }

    /// <summary>Bytes were written.</summary>
    public void Commit(int bytes) => _filling!.End += bytes;

    /// <summary>The next bytes of the stream, at least one of those there and at most <paramref name="most"/>, with a reference for the reader.</summary>
    public SlabSlice Read(int most)
    {
        var run = _runs.Peek();
        var slice = new SlabSlice(run.Slab, run.Start, Math.Min(most, run.End - run.Start));
        run.Slab.Retain();
        run.Start += slice.Length;
        if (!run.IsLent) _lent++;
        run.IsLent = true;
        if (run.Start == run.Slab.Buffer.Length)
        {
            _runs.Dequeue();
            if (_filling == run) _filling = null;
            slabs.ReturnFromLink(run.Slab, run.End);
        }

        return slice;
    }

    /// <summary>Gives the slab back of which all is read and nobody holds a byte. Answers whether none is left.</summary>
    public bool Tidy()
    {
        // A slab that was reserved and got no byte, because a block turned out unreadable, may stand behind one that is not read yet.
        if (_runs.Count == 1 && _filling is { } run && run.Start == run.End && run.Slab.References == 1) Discard();
        return !HasSlab;
    }

    /// <summary>Gives everything back.</summary>
    public void Discard()
    {
        _filling = null;
        while (_runs.TryDequeue(out var run)) slabs.ReturnFromLink(run.Slab, run.End);
    }

    private void OnReturned(Run run)
    {
        if (!run.IsLent) return;
        _lent--;
        returned();
    }

    /// <summary>A slab and which bytes of it are written and not read.</summary>
    private sealed class Run
    {
        public Slab Slab { get; set; } = null!;

        public int Start { get; set; }

        public int End { get; set; }

        public bool IsLent { get; set; }
    }
}
