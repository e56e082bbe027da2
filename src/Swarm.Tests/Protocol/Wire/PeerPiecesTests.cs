using FsCheck.Fluent;
using Swarm.Protocol.Wire;
using Swarm.Tests.Protocol.Primitives;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class PeerPiecesTests
{
    private static readonly PieceGeometry TenPieces = new(10, 1);

    [Fact]
    public void What_came_before_the_metadata_equals_what_comes_after_it()
    {
        var cases = from start in Gen.Choose(0, 3)
                    from bits in Gen.Choose(0, 255)
                    from steps in (from piece in Gen.Choose(0, 9) from has in Gen.Elements(true, false) select (piece, has)).ArrayOf()
                    select (start, bits, steps);
        PropertyCheck.Holds(cases, sample =>
        {
            var early = new PeerPieces(WireSettings.Default, null);
            var late = new PeerPieces(WireSettings.Default, TenPieces);
            foreach (var pieces in new[] { early, late })
            {
                if (sample.start is 1 or 2) pieces.SetAll(sample.start == 1);
                if (sample.start == 3) pieces.SetBitfield([(byte)sample.bits, 0x40]).ShouldBeNull();
                foreach (var (piece, has) in sample.steps) pieces.Set(Piece(piece), has, out _).ShouldBeNull();
            }

            early.MetadataKnown(TenPieces).ShouldBeNull();
            early.Known!.ToWire().ShouldBe(late.Known!.ToWire());
            early.IsSeed.ShouldBe(late.IsSeed);
        });
    }

    [Fact]
    public void Early_bitfield_is_checked_when_the_metadata_comes()
    {
        Early(pieces => pieces.SetBitfield([1])).ShouldNotBeNull();
        Early(pieces => pieces.SetBitfield([1, 0x20])).ShouldNotBeNull();
        Early(pieces => pieces.SetBitfield([1, 0, 0])).ShouldNotBeNull();
        Early(pieces => pieces.SetBitfield([1, 0x40])).ShouldBeNull();
        Early(pieces => pieces.SetBitfield([])).ShouldBeNull();
    }

    [Fact]
    public void Early_piece_is_checked_when_the_metadata_comes()
    {
        Early(pieces => pieces.Set(Piece(10), has: true, out _)).ShouldNotBeNull();
        Early(pieces => pieces.Set(Piece(9), has: true, out _)).ShouldBeNull();
    }

    [Fact]
    public void Early_piece_and_bitfield_are_bounded()
    {
        var pieces = new PeerPieces(new WireSettings { MaxEarlyBitfieldLength = 2 }, null);
        pieces.Set(Piece(15), has: true, out var changed).ShouldBeNull();
        changed.ShouldBeTrue();
        pieces.Set(Piece(16), has: true, out _)!.Kind.ShouldBe(WireErrorKind.InvalidRange);
        pieces.Set(Piece(-1), has: true, out _)!.Kind.ShouldBe(WireErrorKind.InvalidRange);
        pieces.SetBitfield([1, 2]).ShouldBeNull();
        pieces.SetBitfield([1, 2, 3])!.Kind.ShouldBe(WireErrorKind.Oversized);
    }

    [Fact]
    public void Allowed_fast_pieces_are_bounded_and_survive_the_metadata_if_they_exist()
    {
        var pieces = new PeerPieces(new WireSettings { MaxPeerAllowedFast = 2 }, null);
        pieces.AddAllowedFast(Piece(10)).ShouldBeTrue();
        pieces.AddAllowedFast(Piece(10)).ShouldBeFalse();
        pieces.AddAllowedFast(Piece(9)).ShouldBeTrue();
        pieces.AddAllowedFast(Piece(8)).ShouldBeFalse();
        pieces.MetadataKnown(TenPieces).ShouldBeNull();
        pieces.AllowedFast.ShouldBe([Piece(9)]);
        pieces.AddAllowedFast(Piece(10)).ShouldBeFalse();
    }

    [Fact]
    public void Seed_is_known_before_the_metadata_and_after_it()
    {
        var pieces = new PeerPieces(WireSettings.Default, null);
        pieces.IsSeed.ShouldBeFalse();
        pieces.SetAll(has: true);
        pieces.IsSeed.ShouldBeTrue();
        pieces.Has(Piece(3)).ShouldBeFalse();
        pieces.MetadataKnown(TenPieces);
        pieces.IsSeed.ShouldBeTrue();
        pieces.Has(Piece(3)).ShouldBeTrue();
        pieces.Set(Piece(3), has: false, out _);
        pieces.IsSeed.ShouldBeFalse();
    }

    private static WireError? Early(Action<PeerPieces> tell)
    {
        var pieces = new PeerPieces(WireSettings.Default, null);
        tell(pieces);
        return pieces.MetadataKnown(TenPieces);
    }
}
