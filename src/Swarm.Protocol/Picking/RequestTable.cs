namespace Swarm.Protocol.Picking;

/// <summary>
/// All outstanding requests of a torrent. Each stands in three chains at a time: of its block (to find who else was asked), of its peer (to release
/// all when it leaves), and of all by age (for the endgame, oldest first). Entries are numbers in one array with a free list; nothing is allocated once the array
/// has grown to the largest number outstanding, which the callers' pipelines bound.
/// </summary>
internal sealed class RequestTable
{
    private Entry[] _entries = [];
    private int _freeHead = -1;
    private int _used;
    private int _last = -1;

    public int Count { get; private set; }

    /// <summary>The oldest request, or -1.</summary>
    public int First { get; private set; } = -1;

    public int NextOf(int request) => _entries[request].NextOfAll;

    public int NextOfBlock(int request) => _entries[request].NextOfBlock;

    public int NextOfPeer(int request) => _entries[request].NextOfPeer;

    public PickerPeer PeerOf(int request) => _entries[request].Peer;

    public BegunPiece PieceOf(int request) => _entries[request].Piece;

    public int BlockOf(int request) => _entries[request].Block;

    /// <summary>The request for the block that is outstanding at the peer, or -1. Bounded by the requests a block may have.</summary>
    public int Find(PickerPeer peer, BegunPiece piece, int block)
    {
        var request = piece[block].FirstRequest;
        while (request >= 0 && _entries[request].Peer != peer) request = _entries[request].NextOfBlock;
        return request;
    }

    public void Add(PickerPeer peer, BegunPiece piece, int block)
    {
        var at = Allocate();
        ref var slot = ref piece[block];
        _entries[at] = new Entry
        {
            Peer = peer,
            Piece = piece,
            Block = block,
            NextOfBlock = slot.FirstRequest,
            NextOfPeer = peer.FirstRequest,
            PreviousOfPeer = -1,
            NextOfAll = -1,
            PreviousOfAll = _last,
        };
        slot.FirstRequest = at;
        slot.Requests++;
        if (peer.FirstRequest >= 0) _entries[peer.FirstRequest].PreviousOfPeer = at;
        peer.FirstRequest = at;
        peer.RequestCount++;
        if (_last >= 0) _entries[_last].NextOfAll = at;
        else First = at;
        _last = at;
        Count++;
    }

    public void Remove(int request)
    {
        ref var entry = ref _entries[request];
        UnlinkFromBlock(request, ref entry);
        if (entry.PreviousOfPeer >= 0) _entries[entry.PreviousOfPeer].NextOfPeer = entry.NextOfPeer;
        else entry.Peer.FirstRequest = entry.NextOfPeer;
        if (entry.NextOfPeer >= 0) _entries[entry.NextOfPeer].PreviousOfPeer = entry.PreviousOfPeer;
        entry.Peer.RequestCount--;
        if (entry.PreviousOfAll >= 0) _entries[entry.PreviousOfAll].NextOfAll = entry.NextOfAll;
        else First = entry.NextOfAll;
        if (entry.NextOfAll >= 0) _entries[entry.NextOfAll].PreviousOfAll = entry.PreviousOfAll;
        else _last = entry.PreviousOfAll;
        entry = new Entry { Peer = null!, Piece = null!, NextOfAll = _freeHead };
        _freeHead = request;
        Count--;
    }

    private void UnlinkFromBlock(int request, ref Entry entry)
    {
        ref var slot = ref entry.Piece[entry.Block];
        slot.Requests--;
        ref var link = ref slot.FirstRequest;
        while (link != request) link = ref _entries[link].NextOfBlock;
        link = entry.NextOfBlock;
    }

    private int Allocate()
    {
        if (_freeHead >= 0)
        {
            var at = _freeHead;
            _freeHead = _entries[at].NextOfAll;
            return at;
        }

        if (_used == _entries.Length) Array.Resize(ref _entries, Math.Max(64, _used * 2));
        return _used++;
    }

    private struct Entry
    {
        public PickerPeer Peer;
        public BegunPiece Piece;
        public int Block;
        public int NextOfBlock;
        public int NextOfPeer;
        public int PreviousOfPeer;
        public int NextOfAll;
        public int PreviousOfAll;
    }
}
