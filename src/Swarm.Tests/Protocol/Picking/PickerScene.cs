using System.Text;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>
/// A picker set up from strings, and its state shown as strings, so that a test reads as a picture. Pieces are written <c>"1 3 0 *"</c>: how many peers of
/// a crowd have each, or <c>*</c> for one that we have. Blocks are written <c>piece.block</c>; the state of a piece's blocks is one character each:
/// <c>.</c> free, a digit for the number of peers asked, <c>w</c> on the way to the disk, <c>#</c> written.
/// </summary>
internal sealed class PickerScene
{
    private const long CrowdStart = 1_000;
    private readonly PieceGeometry _geometry;
    private long _nextPeer = 1;

    /// <summary>Rarest first from the first piece on, unless the test is about that.</summary>
    public static PickerSettings Plain { get; } = PickerSettings.Default with { RandomFirstPieces = 0 };

    public PickerScene(string pieces, int blocks = 4, string? priorities = null, PickerSettings? settings = null, int seed = 1)
    {
        var words = pieces.Split(' ');
        _geometry = new PieceGeometry((long)words.Length * blocks * PieceGeometry.BlockSize, blocks * PieceGeometry.BlockSize);
        var have = new Bitfield(words.Length);
        var crowd = 0;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == "*") have.Add(new PieceIndex(i));
            else crowd = Math.Max(crowd, int.Parse(words[i]));
        }

        Picker = new PiecePicker(_geometry, settings ?? Plain, new Random(seed), have);
        for (var k = 0; k < crowd; k++) JoinCrowd(k, words);
        if (priorities is not null) SetPriorities(priorities);
        Picker.TakeInterestChanges([]);
    }

    public PiecePicker Picker { get; }

    public List<PeerRequest> Cancels { get; } = [];

    public List<BlockSender> Senders { get; } = [];

    /// <summary>A peer that has the pieces marked 1, or <c>"all"</c>.</summary>
    public PeerKey Peer(string has)
    {
        var key = new PeerKey(_nextPeer++);
        Picker.PeerJoined(key).ShouldBeTrue();
        if (has == "all") Picker.PeerHaveAll(key);
        else Picker.PeerBitfield(key, Set(has));
        return key;
    }

    public Bitfield Set(string has)
    {
        var words = has.Split(' ');
        var set = new Bitfield(words.Length);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == "1") set.Add(new PieceIndex(i));
        }

        return set;
    }

    public void SetPriorities(string priorities)
    {
        var values = priorities.Split(' ').Select(word => new PiecePriority(byte.Parse(word))).ToArray();
        Picker.SetPriorities(values, Cancels);
    }

    public string Pick(PeerKey peer, int count, PeerSpeed speed = PeerSpeed.Slow, bool choked = false, int[]? allowed = null, int[]? suggested = null)
    {
        var output = new List<BlockRequest>();
        var hints = new PickHints { Speed = speed, Choked = choked, AllowedFast = Pieces(allowed), Suggested = Pieces(suggested) };
        Picker.Pick(peer, count, output, hints).ShouldBe(output.Count);
        return string.Join(' ', output.Select(Name));
    }

    public BlockOutcome Receive(PeerKey peer, string block) => Picker.BlockReceived(peer, Request(block), Cancels);

    /// <summary>Receives and writes every block of a list.</summary>
    public void Fetch(PeerKey peer, string blocks)
    {
        foreach (var block in blocks.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Receive(peer, block).ShouldBe(BlockOutcome.Accepted);
            Written(block);
        }
    }

    public bool Written(string block) => Picker.BlockWritten(Request(block).Piece, Block(block));

    public bool Release(PeerKey peer, string block, ReleaseReason reason) => Picker.RequestReleased(peer, Request(block), reason);

    public BlockRequest Request(string block) => _geometry.RequestFor(new PieceIndex(int.Parse(block.Split('.')[0])), Block(block));

    public static BlockIndex Block(string block) => new(int.Parse(block.Split('.')[1]));

    public string CancelsText => string.Join(' ', Cancels.Select(cancel => $"{cancel.Peer}:{Name(cancel.Request)}"));

    public string SendersText => string.Join(' ', Senders.Select(sender => sender.Sender.ToString()));

    /// <summary>The blocks of a piece, or "" if it is not begun.</summary>
    public string Blocks(int piece)
    {
        var text = new StringBuilder();
        if (Picker.Parts.Begun.Find(piece) is not { } begun) return "";
        for (var i = 0; i < begun.BlockCount; i++)
        {
            text.Append(begun[i].State switch
            {
                BlockState.Free => '.',
                BlockState.Requested => (char)('0' + begun[i].Requests),
                BlockState.Writing => 'w',
                _ => '#',
            });
        }

        return text.ToString();
    }

    private static string Name(BlockRequest request) => $"{request.Piece}.{request.Begin / PieceGeometry.BlockSize}";

    private static PieceIndex[] Pieces(int[]? values) => values is null ? [] : [.. values.Select(value => new PieceIndex(value))];

    private void JoinCrowd(int number, string[] words)
    {
        var key = new PeerKey(CrowdStart + number);
        Picker.PeerJoined(key);
        var set = new Bitfield(words.Length);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != "*" && int.Parse(words[i]) > number) set.Add(new PieceIndex(i));
        }

        // A member that has everything counts for every piece all the same; told piece by piece it also tests that path.
        foreach (var i in Enumerable.Range(0, words.Length).Where(i => set[new PieceIndex(i)])) Picker.PeerHave(key, new PieceIndex(i));
    }
}
