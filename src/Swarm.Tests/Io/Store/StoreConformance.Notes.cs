using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Io.Store;

// What the node itself keeps.
public abstract partial class StoreConformance
{
    [Fact]
    public void Note_that_was_never_put_is_empty() => NoteIn(Open(), "dht").ShouldBeEmpty();

    [Fact]
    public void Notes_come_back_by_name_as_they_were_last_put_by_whomever()
    {
        var (first, second) = (Open(), Open());
        Run(first, new StoreCommand.PutNote("a", [1, 2]), new StoreCommand.PutNote("b", [3])).ShouldBe([new StoreOutcome.Done(), new StoreOutcome.Done()]);
        Run(second, new StoreCommand.PutNote("a", [9]));
        NoteIn(first, "a").ShouldBe([9]);
        NoteIn(second, "b").ShouldBe([3]);
    }

    [Fact]
    public void Notes_outlive_a_kill()
    {
        var store = Open();
        Run(store, new StoreCommand.PutNote("a", [7]));
        Kill(store);
        NoteIn(Open(), "a").ShouldBe([7]);
    }

    protected ImmutableArray<byte> NoteIn(IStore store, string name) => Run(store, new StoreCommand.LoadNote(name))[0].ShouldBeOfType<StoreOutcome.Note>().Value;
}
