using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>A block of a failed piece as it came: which, from whom, and the hash of its bytes (any hash, if it is always the same).</summary>
public readonly record struct SentBlock<TSender>(BlockIndex Block, TSender Sender, Bytes20 Hash);

/// <summary>
/// Finds who sent bad data. A piece that fails its hash says only that one of its senders lied; so the hash of each block is kept with its sender, and
/// when the piece passes later, whoever sent a block that differs from the good one is a liar, and nobody else.
/// <para>
/// Two cases need no waiting: a failed piece that came from one sender alone, and a sender that sent two different contents for the same block.
/// Senders of other failed pieces are only suspects: <see cref="PiecePicker.SetParole"/> makes sure that the next failure is of the first kind.
/// </para>
/// A sender is whatever gets banned, usually a remote address, which outlives its connection. Owned by the piece manager, which computes the hashes; bounded by
/// <see cref="SmartBanSettings"/>: what is forgotten is counted in <see cref="ForgottenPieces"/>, and its liars go free until they lie again.
/// </summary>
public sealed class SmartBan<TSender>(SmartBanSettings settings)
    where TSender : notnull, IEquatable<TSender>
{
    // Oldest failure first. Few at a time: a piece leaves when it passes.
    private readonly LinkedList<FailedPiece> _failed = new();
    private readonly Dictionary<int, LinkedListNode<FailedPiece>> _byPiece = [];

    /// <summary>Pieces that were forgotten to stay within the limit.</summary>
    public long ForgottenPieces { get; private set; }

    /// <summary>Blocks remembered now.</summary>
    public int RememberedBlocks { get; private set; }

    /// <summary>Whether the piece failed and is remembered: only then <see cref="PiecePassed"/> needs its hashes.</summary>
    public bool Remembers(PieceIndex piece) => _byPiece.ContainsKey(piece.Value);

    /// <summary>
    /// A piece failed its hash; <paramref name="blocks"/> are all its blocks. Who is thereby convicted is added to <paramref name="liars"/>, each once.
    /// </summary>
    public void PieceFailed(PieceIndex piece, ReadOnlySpan<SentBlock<TSender>> blocks, List<TSender> liars)
    {
        if (blocks.IsEmpty) return;
        if (IsFromOneSender(blocks))
        {
            AddOnce(liars, blocks[0].Sender);
            return;
        }

        if (blocks.Length > settings.MaxBlocks)
        {
            ForgottenPieces++;
            return;
        }

        var failed = Renew(piece);
        foreach (var block in blocks) Remember(failed, block, liars);
        while (RememberedBlocks > settings.MaxBlocks)
        {
            ForgottenPieces++;
            Forget(_failed.First!.Value.Piece);
        }
    }

    /// <summary>
    /// A piece passed; <paramref name="hashes"/> are the hashes of its blocks, in order. Senders of blocks that differ are added to <paramref name="liars"/>, each once;
    /// the piece is forgotten.
    /// </summary>
    public void PiecePassed(PieceIndex piece, ReadOnlySpan<Bytes20> hashes, List<TSender> liars)
    {
        if (!_byPiece.TryGetValue(piece.Value, out var node)) return;
        foreach (var block in node.Value.Blocks)
        {
            if ((uint)block.Block.Value < (uint)hashes.Length && hashes[block.Block.Value] != block.Hash) AddOnce(liars, block.Sender);
        }

        Forget(piece);
    }

    /// <summary>Forgets a piece: it will not be fetched again, or what is on disk was changed by others.</summary>
    public void Forget(PieceIndex piece)
    {
        if (!_byPiece.Remove(piece.Value, out var node)) return;
        _failed.Remove(node);
        RememberedBlocks -= node.Value.Blocks.Count;
    }

    private FailedPiece Renew(PieceIndex piece)
    {
        if (_byPiece.TryGetValue(piece.Value, out var node)) _failed.Remove(node);
        else _byPiece.Add(piece.Value, node = new LinkedListNode<FailedPiece>(new FailedPiece(piece)));
        _failed.AddLast(node);
        return node.Value;
    }

    private void Remember(FailedPiece failed, SentBlock<TSender> block, List<TSender> liars)
    {
        foreach (var earlier in failed.Of(block.Block.Value))
        {
            if (!earlier.Sender.Equals(block.Sender)) continue;
            if (earlier.Hash != block.Hash) AddOnce(liars, block.Sender);
            else return;
        }

        failed.Add(block);
        RememberedBlocks++;
    }

    private static bool IsFromOneSender(ReadOnlySpan<SentBlock<TSender>> blocks)
    {
        foreach (var block in blocks)
        {
            if (!block.Sender.Equals(blocks[0].Sender)) return false;
        }

        return true;
    }

    private static void AddOnce(List<TSender> liars, TSender sender)
    {
        if (!liars.Contains(sender)) liars.Add(sender);
    }

    /// <summary>All contents that came for the blocks of one piece, over all its failures, in the order they came.</summary>
    private sealed class FailedPiece(PieceIndex piece)
    {
        private readonly Dictionary<int, List<SentBlock<TSender>>> _byBlock = [];

        public PieceIndex Piece { get; } = piece;

        public List<SentBlock<TSender>> Blocks { get; } = [];

        public IReadOnlyList<SentBlock<TSender>> Of(int block) => _byBlock.TryGetValue(block, out var sent) ? sent : [];

        public void Add(SentBlock<TSender> block)
        {
            Blocks.Add(block);
            if (!_byBlock.TryGetValue(block.Block.Value, out var sent)) _byBlock.Add(block.Block.Value, sent = []);
            sent.Add(block);
        }
    }
}
