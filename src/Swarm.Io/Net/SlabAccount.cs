using Swarm.Actors.Ports;

namespace Swarm.Io.Net;

/// <summary>The two sizes of slabs.</summary>
public enum SlabClass
{
    /// <summary><see cref="SlabPool.SmallBytes"/>.</summary>
    Small,

    /// <summary><see cref="SlabPool.LargeBytes"/>.</summary>
    Large,
}

/// <summary>Who waits for a slab.</summary>
public interface ISlabReceiver
{
    /// <summary>The slab waited for, with the receiver's reference. Called once for each failed <see cref="SlabPool.TryRent"/>, from any thread, outside all locks.</summary>
    void OnSlab(Slab slab);
}

/// <summary>One link's standing with the pool: how many slabs it has out, and whether it waits. Guarded by the pool's lock.</summary>
public sealed class SlabAccount
{
    internal SlabAccount(ISlabReceiver receiver) => Receiver = receiver;

    internal ISlabReceiver Receiver { get; }

    /// <summary>Slabs rented and not yet released by their last holder.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Names the wait in progress; 0 while there is none. An entry of the queue with another number is void.</summary>
    internal long Ticket { get; set; }

    /// <summary>Waits for one of its own slabs, not in the pool's queue.</summary>
    internal bool AtLimit { get; set; }

    internal SlabClass Wanted { get; set; }

    internal bool Closed { get; set; }
}
