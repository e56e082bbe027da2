using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class BitfieldTests
{
    private static readonly Gen<(int Length, int[] Steps)> Edits =
        from length in Gen.Choose(1, 200)
        from steps in Gen.Choose(0, (length * 2) - 1).ArrayOf()
        select (length, steps);

    [Fact]
    public void Behaves_as_a_set_of_numbers() => PropertyCheck.Holds(Edits, edits =>
    {
        var bitfield = new Bitfield(edits.Length);
        var model = new SortedSet<int>();
        foreach (var step in edits.Steps)
        {
            var piece = new PieceIndex(step / 2);
            if (step % 2 == 0) bitfield.Add(piece).ShouldBe(model.Add(piece.Value));
            else bitfield.Remove(piece).ShouldBe(model.Remove(piece.Value));
        }

        bitfield.Count.ShouldBe(model.Count);
        bitfield.IsEmpty.ShouldBe(model.Count == 0);
        bitfield.IsFull.ShouldBe(model.Count == edits.Length);
        PiecesOf(bitfield).ShouldBe(model);
        for (var i = 0; i < edits.Length; i++) bitfield[new PieceIndex(i)].ShouldBe(model.Contains(i));
    });

    [Fact]
    public void Survives_the_wire() => PropertyCheck.Holds(Edits, edits =>
    {
        var bitfield = new Bitfield(edits.Length);
        foreach (var step in edits.Steps) bitfield.Add(new PieceIndex(step / 2));
        var read = Bitfield.FromWire(bitfield.ToWire(), edits.Length).ShouldNotBeNull();
        PiecesOf(read).ShouldBe(PiecesOf(bitfield));
        read.Count.ShouldBe(bitfield.Count);
    });

    [Fact]
    public void Piece_zero_is_the_highest_bit_of_the_first_byte()
    {
        var bitfield = new Bitfield(10);
        bitfield.Add(new PieceIndex(0));
        bitfield.Add(new PieceIndex(9));
        bitfield.ToWire().ShouldBe([0x80, 0x40]);
    }

    [Fact]
    public void Any_spare_bit_that_is_set_is_refused()
    {
        for (var length = 1; length <= 130; length++)
        {
            var wire = new byte[(length + 7) / 8];
            for (var bit = 0; bit < wire.Length * 8; bit++)
            {
                Array.Clear(wire);
                wire[bit / 8] = (byte)(0x80 >> (bit % 8));
                (Bitfield.FromWire(wire, length) is not null).ShouldBe(bit < length, $"bit {bit} of {length}");
            }
        }
    }

    [Theory]
    [InlineData(9, 1)]
    [InlineData(9, 3)]
    [InlineData(8, 2)]
    [InlineData(0, 1)]
    public void A_wire_form_of_the_wrong_size_is_refused(int length, int bytes) => Bitfield.FromWire(new byte[bytes], length).ShouldBeNull();

    [Fact]
    public void An_empty_torrent_has_an_empty_and_full_bitfield()
    {
        var bitfield = Bitfield.FromWire([], 0).ShouldNotBeNull();
        bitfield.IsEmpty.ShouldBeTrue();
        bitfield.IsFull.ShouldBeTrue();
        bitfield.NextSet(0).ShouldBe(-1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void Fill_and_clear_reach_every_piece(int length)
    {
        var bitfield = new Bitfield(length);
        bitfield.Fill();
        bitfield.IsFull.ShouldBeTrue();
        Bitfield.FromWire(bitfield.ToWire(), length).ShouldNotBeNull().IsFull.ShouldBeTrue();
        bitfield.Clear();
        bitfield.IsEmpty.ShouldBeTrue();
        bitfield.NextSet(0).ShouldBe(-1);
    }

    [Fact]
    public void Copies_do_not_share_their_pieces()
    {
        var original = new Bitfield(70);
        original.Add(new PieceIndex(69));
        var copy = new Bitfield(original);
        original.Remove(new PieceIndex(69));
        copy[new PieceIndex(69)].ShouldBeTrue();
        copy.Count.ShouldBe(1);
    }

    [Fact]
    public void Knows_whether_it_has_what_another_lacks() => PropertyCheck.Holds(
        from length in Gen.Choose(1, 150)
        from left in Gen.Choose(0, length - 1).ArrayOf()
        from right in Gen.Choose(0, length - 1).ArrayOf()
        select (length, left, right),
        sets =>
        {
            var left = Of(sets.length, sets.left);
            var right = Of(sets.length, sets.right);
            left.HasAnyNotIn(right).ShouldBe(sets.left.Except(sets.right).Any());
        });

    [Theory]
    [InlineData(-1)]
    [InlineData(8)]
    public void A_piece_that_does_not_exist_is_a_bug(int piece)
    {
        var bitfield = new Bitfield(8);
        Should.Throw<ArgumentOutOfRangeException>(() => bitfield[new PieceIndex(piece)]);
        Should.Throw<ArgumentOutOfRangeException>(() => bitfield.Add(new PieceIndex(piece)));
        Should.Throw<ArgumentOutOfRangeException>(() => bitfield.Remove(new PieceIndex(piece)));
    }

    private static Bitfield Of(int length, int[] pieces)
    {
        var bitfield = new Bitfield(length);
        foreach (var piece in pieces) bitfield.Add(new PieceIndex(piece));
        return bitfield;
    }

    private static List<int> PiecesOf(Bitfield bitfield)
    {
        var pieces = new List<int>();
        for (var i = bitfield.NextSet(0); i >= 0; i = bitfield.NextSet(i + 1)) pieces.Add(i);
        return pieces;
    }
}
