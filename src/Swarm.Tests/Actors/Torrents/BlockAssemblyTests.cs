using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.Actors.Torrents;

public sealed class BlockAssemblyTests
{
    private static readonly BlockRequest Block = new(new PieceIndex(0), 0, 6);

    private readonly SlabLedger _slabs = new();
    private readonly BlockAssembly _assembly = new();

    [Fact]
    public void Fragments_that_follow_each_other_in_a_slab_are_one_slice()
    {
        var slab = _slabs.Slice([1, 2, 3, 4, 5, 6, 7, 8]);
        _assembly.Add(Block, slab, 1, 2, isFirst: true, isLast: false).ShouldBeTrue();
        _assembly.Add(Block, slab, 3, 4, isFirst: false, isLast: true).ShouldBeTrue();
        var block = _assembly.Take().ShouldHaveSingleItem();
        block.First.Span.ToArray().ShouldBe([2, 3, 4, 5, 6, 7]);
        block.Second.Slab.ShouldBeNull();
        slab.Slab!.References.ShouldBe(2);
        Release(block);
        slab.Release();
        _slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_block_over_two_slabs_is_two_slices_with_a_reference_each()
    {
        var (first, second) = (_slabs.Slice([0, 0, 1, 2]), _slabs.Slice([3, 4, 5, 6]));
        _assembly.Add(Block, first, 2, 2, isFirst: true, isLast: false).ShouldBeTrue();
        first.Release();
        _assembly.Add(Block, second, 0, 1, isFirst: false, isLast: false).ShouldBeTrue();
        _assembly.Add(Block, second, 1, 3, isFirst: false, isLast: true).ShouldBeTrue();
        second.Release();
        var block = _assembly.Take().ShouldHaveSingleItem();
        block.First.Span.ToArray().Concat(block.Second.Span.ToArray()).ShouldBe([1, 2, 3, 4, 5, 6]);
        _slabs.Outstanding.ShouldBe(2);
        Release(block);
        _slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_third_slab_is_refused_and_what_is_held_can_be_given_back()
    {
        SlabSlice[] slabs = [_slabs.Slice([1, 2]), _slabs.Slice([3, 4]), _slabs.Slice([5, 6])];
        _assembly.Add(Block, slabs[0], 0, 2, isFirst: true, isLast: false).ShouldBeTrue();
        _assembly.Add(Block, slabs[1], 0, 2, isFirst: false, isLast: false).ShouldBeTrue();
        _assembly.Add(Block, slabs[2], 0, 2, isFirst: false, isLast: true).ShouldBeFalse();
        foreach (var slab in slabs) slab.Release();
        _assembly.Release();
        _slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void A_new_block_lets_go_of_an_unfinished_one()
    {
        var (first, second) = (_slabs.Slice([1, 2]), _slabs.Slice([1, 2, 3, 4, 5, 6]));
        _assembly.Add(Block, first, 0, 2, isFirst: true, isLast: false);
        first.Release();
        _assembly.Add(Block, second, 0, 6, isFirst: true, isLast: true);
        second.Release();
        _slabs.Outstanding.ShouldBe(1);
        _assembly.HasBlocks.ShouldBeTrue();
        _assembly.Release();
        _assembly.HasBlocks.ShouldBeFalse();
        _slabs.Outstanding.ShouldBe(0);
    }

    [Fact]
    public void Blocks_come_out_in_the_order_they_were_finished_and_only_once()
    {
        var slab = _slabs.Slice(new byte[12]);
        _assembly.Add(Block, slab, 0, 6, isFirst: true, isLast: true);
        _assembly.Add(Block with { Begin = 6 }, slab, 6, 6, isFirst: true, isLast: true);
        slab.Release();
        var blocks = _assembly.Take();
        blocks.Select(block => block.Block.Begin).ShouldBe([0, 6]);
        _assembly.Take().ShouldBeEmpty();
        foreach (var block in blocks) Release(block);
        _slabs.Outstanding.ShouldBe(0);
    }

    private static void Release(BlockWrite block)
    {
        block.First.Release();
        block.Second.Release();
    }
}
