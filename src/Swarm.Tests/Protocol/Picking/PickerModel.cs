using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>
/// A picker by brute force: what every peer has, every priority and every block's state are plain sets, and whatever the real picker answers is judged
/// from them by looking at everything. It holds no opinion on which of several right answers is given, but says which are right.
/// </summary>
internal sealed class PickerModel(PieceGeometry geometry)
{
    public sealed class Peer
    {
        public HashSet<int> Has { get; } = [];

        public HashSet<(int Piece, int Block)> Requests { get; } = [];

        /// <summary>Requests that were released or cancelled and may yet be answered, as often as they were made.</summary>
        public List<(int Piece, int Block)> Late { get; } = [];

        public HashSet<int> Rejected { get; } = [];

        public bool OnParole { get; set; }
    }

    public SortedDictionary<PeerKey, Peer> Peers { get; } = [];

    public HashSet<int> Verified { get; } = [];

    public byte[] Priority { get; } = [.. Enumerable.Repeat((byte)4, geometry.PieceCount)];

    /// <summary>Who sent the blocks that are here, of pieces not verified.</summary>
    public Dictionary<(int Piece, int Block), PeerKey> Received { get; } = [];

    public HashSet<(int Piece, int Block)> Written { get; } = [];

    public IEnumerable<int> Pieces => Enumerable.Range(0, geometry.PieceCount);

    public bool IsNeeded(int piece) => Priority[piece] > 0 && !Verified.Contains(piece);

    public int Availability(int piece) => Peers.Values.Count(peer => peer.Has.Contains(piece));

    public bool IsInteresting(Peer peer) => peer.Has.Any(IsNeeded);

    public int RequestsFor((int Piece, int Block) block) => Peers.Values.Count(peer => peer.Requests.Contains(block));

    public bool IsBegun(int piece) => Blocks(piece).Any(block => RequestsFor(block) > 0 || Received.ContainsKey(block));

    public bool IsFree((int Piece, int Block) block) => IsNeeded(block.Piece) && RequestsFor(block) == 0 && !Received.ContainsKey(block);

    public bool AnyFree => Pieces.Any(piece => Blocks(piece).Any(IsFree));

    public IEnumerable<(int Piece, int Block)> Blocks(int piece) =>
        Enumerable.Range(0, geometry.BlocksIn(new PieceIndex(piece))).Select(block => (piece, block));

    public bool CanServe(Peer peer, int piece) => peer.Has.Contains(piece) && !peer.Rejected.Contains(piece);

    /// <summary>Forgets the blocks of a piece; requests for it end as cancelled. Answers who must be told.</summary>
    public List<PeerRequest> Close(int piece)
    {
        var cancels = new List<PeerRequest>();
        foreach (var block in Blocks(piece))
        {
            cancels.AddRange(Cancel(block, except: null));
            Received.Remove(block);
            Written.Remove(block);
        }

        return cancels;
    }

    public List<PeerRequest> Cancel((int Piece, int Block) block, Peer? except)
    {
        var cancels = new List<PeerRequest>();
        foreach (var (key, peer) in Peers)
        {
            if (!peer.Requests.Remove(block) || peer == except) continue;
            peer.Late.Add(block);
            cancels.Add(new PeerRequest(key, Request(block)));
        }

        return cancels;
    }

    public BlockRequest Request((int Piece, int Block) block) => geometry.RequestFor(new PieceIndex(block.Piece), new BlockIndex(block.Block));
}
