using System.Security.Cryptography;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

public class MetadataAssemblyTests
{
    private static readonly byte[] Truth = Random(70_000, seed: 1);
    private static readonly WireSettings Settings = new() { MaxMetadataRequestsPerPeer = 2 };

    private readonly MetadataAssembly _assembly = new(new MetadataTarget(new InfoHash(SHA1.HashData(Truth))), Settings);
    private readonly Dictionary<int, byte[]> _held = [];
    private readonly HashSet<int> _silent = [];
    private readonly HashSet<int> _rejecting = [];
    private readonly List<int> _liars = [];
    private long _now;

    [Fact]
    public void Pieces_are_asked_of_different_peers_first()
    {
        Join(1, Truth);
        Join(2, Truth);
        Next().ShouldBe([new(1, 0), new(2, 1), new(1, 2), new(2, 3)]);
    }

    [Fact]
    public void One_honest_peer_is_enough()
    {
        Join(1, Truth);
        Run();
        _assembly.Metadata!.Value.ToArray().ShouldBe(Truth);
        _liars.ShouldBeEmpty();
        _assembly.NextDeadline(_now).ShouldBeNull();
    }

    [Fact]
    public void Metadata_of_a_single_short_piece_is_fetched()
    {
        var assembly = new MetadataAssembly(new MetadataTarget(null, new InfoHashV2(SHA256.HashData([7]))), Settings);
        assembly.PeerChanged(1, 1);
        var requests = new List<MetadataRequest>();
        assembly.NextRequests(0, requests);
        assembly.Data(1, 0, 1, [7], 0).ShouldBe(MetadataProgress.Complete);
    }

    [Fact]
    public void Peer_without_metadata_is_not_asked_until_it_names_a_size()
    {
        _assembly.PeerChanged(1, null).ShouldBeTrue();
        Next().ShouldBeEmpty();
        Join(1, Truth);
        Next().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    [InlineData((32 << 20) + 1)]
    public void Impossible_size_is_no_size(int size)
    {
        _assembly.PeerChanged(1, size);
        Next().ShouldBeEmpty();
    }

    [Fact]
    public void Largest_size_is_asked_for_and_costs_nothing_until_pieces_come()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        _assembly.PeerChanged(1, 32 << 20);
        Next().Count.ShouldBe(2);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000);
        _assembly.PiecesTotal.ShouldBe(2048);
    }

    [Fact]
    public void Liar_that_sent_everything_alone_is_known_at_once_and_others_finish()
    {
        Join(1, Lie(Truth, 3));
        Run(rounds: 3);
        _liars.ShouldBe([1]);
        _assembly.Metadata.ShouldBeNull();
        Join(2, Truth);
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _liars.ShouldBe([1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Liar_among_honest_peers_is_found_and_nobody_else(int liar)
    {
        for (var peer = 1; peer <= 3; peer++) Join(peer, peer == liar ? Lie(Truth, 0, 1, 2, 3, 4) : Truth);
        Run();
        _assembly.Metadata!.Value.ToArray().ShouldBe(Truth);
        _liars.ShouldBe([liar]);
        _assembly.Mismatches.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Many_liars_of_the_right_size_do_not_stop_one_honest_peer()
    {
        for (var peer = 1; peer <= 9; peer++) Join(peer, Lie(Truth, 0, 1, 2, 3, 4));
        Join(10, Truth);
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _liars.ShouldNotContain(10);
    }

    [Fact]
    public void Majority_with_a_false_size_gives_way_after_it_failed()
    {
        for (var peer = 1; peer <= 3; peer++) Join(peer, Random(40_000, seed: 9));
        Join(4, Truth);
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _liars.ShouldNotContain(4);
        _liars.ShouldNotBeEmpty();
    }

    [Fact]
    public void Majority_with_a_false_size_that_never_answers_gives_way()
    {
        for (var peer = 1; peer <= 3; peer++) Join(peer, Random(40_000, seed: 9), silent: true);
        Join(4, Truth);
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _liars.ShouldBeEmpty();
    }

    [Fact]
    public void Peer_that_drips_a_huge_false_size_gives_way_in_time()
    {
        Join(1, Random(8 << 20, seed: 5));
        Join(2, Random(8 << 20, seed: 5));
        Join(3, Truth);
        var drip = new List<MetadataRequest>();
        while (_assembly.Metadata is null && _now < TimeSpan.FromMinutes(10).Ticks)
        {
            _assembly.NextRequests(_now, drip);
            var next = drip.FindAll(request => request.Peer == 3);
            if (next.Count == 0) next = drip.Take(1).ToList();
            foreach (var request in next) Answer(request);
            drip.RemoveAll(next.Contains);
            _now += TimeSpan.FromSeconds(4).Ticks;
        }

        _assembly.Metadata.ShouldNotBeNull();
    }

    [Fact]
    public void Silent_peer_times_out_and_its_pieces_go_to_others()
    {
        Join(1, Truth, silent: true);
        Join(2, Truth);
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _now.ShouldBeGreaterThanOrEqualTo(Settings.MetadataRequestTimeout.Ticks);
        _liars.ShouldBeEmpty();
    }

    [Fact]
    public void Silent_peer_in_the_search_for_a_liar_gives_way()
    {
        Join(1, Lie(Truth, 0, 1, 2, 3, 4));
        Join(2, Truth);
        Run(rounds: 4);
        _assembly.Mismatches.ShouldBe(1);
        Join(3, Truth, silent: true);
        _silent.Add(2);
        Run(rounds: 20);
        _silent.Clear();
        Run();
        _assembly.Metadata.ShouldNotBeNull();
        _liars.ShouldBe([1]);
    }

    [Fact]
    public void Rejecting_peer_is_left_alone_for_a_while_and_asked_again()
    {
        Join(1, Truth);
        _rejecting.Add(1);
        foreach (var request in Next()) Answer(request);
        Next().ShouldBeEmpty();
        _assembly.NextDeadline(_now).ShouldBe(Settings.MetadataBackoff.Ticks);
        _now = Settings.MetadataBackoff.Ticks;
        _rejecting.Clear();
        Run();
        _assembly.Metadata.ShouldNotBeNull();
    }

    [Fact]
    public void Peer_that_leaves_gives_its_pieces_back()
    {
        Join(1, Truth);
        Join(2, Truth);
        Next();
        _assembly.PeerLeft(1);
        Next().ShouldBeEmpty();
        _assembly.Data(2, 1, 0, Truth.AsSpan(16384, 16384), _now).ShouldBe(MetadataProgress.Piece);
        Next().ShouldBe([new(2, 0)]);
    }

    [Fact]
    public void Data_that_was_not_asked_for_is_ignored()
    {
        Join(1, Truth);
        Join(2, Truth);
        Next();
        _assembly.Data(2, 0, 0, Truth.AsSpan(0, 16384), _now).ShouldBe(MetadataProgress.Ignored);
        _assembly.Data(1, 4, 0, Truth.AsSpan(4 * 16384), _now).ShouldBe(MetadataProgress.Ignored);
        _assembly.Data(1, 99, 0, Truth.AsSpan(0, 16384), _now).ShouldBe(MetadataProgress.Ignored);
        _assembly.Data(7, 0, 0, Truth.AsSpan(0, 16384), _now).ShouldBe(MetadataProgress.Ignored);
        _assembly.PiecesReceived.ShouldBe(0);
    }

    [Fact]
    public void Piece_of_a_wrong_length_is_ignored_and_the_peer_left_alone()
    {
        Join(1, Truth);
        Next();
        _assembly.Data(1, 0, 0, Truth.AsSpan(0, 16383), _now).ShouldBe(MetadataProgress.Ignored);
        Next().ShouldBeEmpty();
    }

    [Fact]
    public void Peer_that_contradicts_its_size_is_believed_the_newer_one()
    {
        _assembly.PeerChanged(1, 1000);
        Next();
        _assembly.Data(1, 0, Truth.Length, Truth.AsSpan(0, 16384), _now).ShouldBe(MetadataProgress.Ignored);
        _held[1] = Truth;
        Run();
        _assembly.Metadata.ShouldNotBeNull();
    }

    [Fact]
    public void Peers_above_the_bound_are_left_out()
    {
        var assembly = new MetadataAssembly(new MetadataTarget(new InfoHash(new byte[20])), new WireSettings { MaxMetadataPeers = 2 });
        assembly.PeerChanged(1, 5).ShouldBeTrue();
        assembly.PeerChanged(2, 5).ShouldBeTrue();
        assembly.PeerChanged(3, 5).ShouldBeFalse();
        assembly.PeerChanged(2, 6).ShouldBeTrue();
        assembly.PeerLeft(1);
        assembly.PeerChanged(3, 5).ShouldBeTrue();
    }

    [Fact]
    public void Any_mix_of_peers_with_one_honest_one_finishes_and_convicts_no_honest_one()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var test = new MetadataAssemblyTests();
            test.RunMix(new Random(seed));
        }
    }

    private void RunMix(Random random)
    {
        var honest = new HashSet<int>();
        var count = random.Next(1, 9);
        var sure = random.Next(1, count + 1);
        for (var peer = 1; peer <= count; peer++)
        {
            var kind = peer == sure ? 0 : random.Next(5);
            if (kind is 0 or 1 or 4) honest.Add(peer);
            Join(peer, kind switch { 2 => Lie(Truth, random.Next(5)), 3 => Random(random.Next(1, 100_000), peer), _ => Truth }, silent: kind == 4);
            if (kind == 1) _rejecting.Add(peer);
        }

        Run(rounds: 5000);
        _assembly.Metadata!.Value.ToArray().ShouldBe(Truth);
        _liars.ShouldAllBe(liar => !honest.Contains(liar));
        _liars.ShouldBeUnique();
    }

    private static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Lie(byte[] truth, params int[] pieces)
    {
        byte[] lie = [.. truth];
        foreach (var piece in pieces) lie[piece * MetadataMessage.PieceSize] ^= 1;
        return lie;
    }

    private void Join(int peer, byte[] holds, bool silent = false)
    {
        _held[peer] = holds;
        if (silent) _silent.Add(peer);
        _assembly.PeerChanged(peer, holds.Length).ShouldBeTrue();
    }

    private List<MetadataRequest> Next()
    {
        var requests = new List<MetadataRequest>();
        _assembly.NextRequests(_now, requests);
        return requests;
    }

    private void Answer(MetadataRequest request)
    {
        if (_silent.Contains(request.Peer)) return;
        if (_rejecting.Contains(request.Peer))
        {
            _assembly.Rejected(request.Peer, request.Piece, _now);
            return;
        }

        var held = _held[request.Peer];
        var start = request.Piece * MetadataMessage.PieceSize;
        _assembly.Data(request.Peer, request.Piece, held.Length, held.AsSpan(start, Math.Min(MetadataMessage.PieceSize, held.Length - start)), _now);
    }

    /// <summary>Peers answer at once; when nobody is asked, time goes to the deadline that the assembly names.</summary>
    private void Run(int rounds = 1000)
    {
        while (_assembly.Metadata is null && rounds-- > 0)
        {
            var requests = Next();
            foreach (var request in requests) Answer(request);
            foreach (var liar in _assembly.TakeLiars()) _liars.Add(liar);
            if (requests.Count > 0) continue;
            if (_assembly.NextDeadline(_now) is not { } deadline) break;
            deadline.ShouldBeGreaterThan(_now);
            _now = deadline;
        }
    }
}
