using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Swarm.Kernel;

/// <summary>
/// The user half of a mailbox: many producers, one consumer, first in first out for each producer, without a lock and
/// without an allocation as long as the consumer keeps up.
/// <para>
/// It is a list of rings. A producer claims a position of the tail ring by compare-and-swap, fills the slot and
/// publishes it through the slot's sequence number. When the ring is full, one producer, under a lock, freezes it
/// (adds twice its length to its tail, so that every later claim sees it as full), links a larger ring and makes that
/// the tail. The consumer leaves a ring once it is frozen and drained. Some of the largest rings are kept as spares and
/// used again, so a backlog of up to their size costs no allocation either. Thawing is subtracting what freezing added, since positions never start over, so a producer that slept
/// on an old reference sees either a full ring or the live tail, both of which are right.
/// </para>
/// <para>
/// The bound is checked where the queue grows: the lengths of the linked rings never add up to more than the
/// capacity. A queue at its bound therefore refuses at the latest at the capacity, and at most one ring earlier.
/// </para>
/// </summary>
internal sealed class MessageQueue
{
    internal const int FirstRing = 8;
    internal const int LargestRing = 512;
    private const int Growth = 4;
    private const int MostSpares = 8;

    private readonly Lock _growing = new();
    private readonly int _capacity;
    private Ring _head;
    private Ring _tail;
    private Ring? _spares;
    private int _spareCount;
    private int _linkedSlots;

    internal MessageQueue(int capacity)
    {
        _capacity = capacity;
        _head = _tail = new Ring(RoundDown(Math.Min(FirstRing, capacity)));
        _linkedSlots = _tail.Length;
    }

    /// <summary>How many messages wait; exact when nobody writes, near otherwise. Any thread.</summary>
    internal int Count
    {
        get
        {
            var count = 0;
            for (var ring = Volatile.Read(ref _head); ring is not null; ring = Volatile.Read(ref ring.Next))
            {
                count += ring.Count;
            }

            return count;
        }
    }

    /// <summary>Whether there is, or is about to be, something to take. Consumer, or anyone who can bear a stale yes.</summary>
    internal bool HasMessages
    {
        get
        {
            var head = Volatile.Read(ref _head);
            return head.Count > 0 || head.IsFrozen;
        }
    }

    /// <summary>Any thread. False when the queue is at its bound and <paramref name="force"/> is not set.</summary>
    internal bool TryEnqueue(object message, IActorRef? sender, bool force)
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail);
            if (tail.TryEnqueue(message, sender))
            {
                return true;
            }

            if (!TryGrow(tail, force))
            {
                return false;
            }
        }
    }

    /// <summary>The consumer only.</summary>
    internal bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? message, out IActorRef? sender)
    {
        while (true)
        {
            var head = _head;
            if (head.TryDequeue(out message, out sender))
            {
                return true;
            }

            if (!head.IsFrozen)
            {
                return false;
            }

            // Frozen, so nothing more can be claimed; but it may have been filled since the look above.
            if (head.Count == 0)
            {
                Leave(head);
            }
        }
    }

    private static int RoundDown(int length) => 1 << System.Numerics.BitOperations.Log2((uint)Math.Max(2, length));

    private bool TryGrow(Ring full, bool force)
    {
        lock (_growing)
        {
            if (!ReferenceEquals(_tail, full) || !full.IsFull)
            {
                return true;
            }

            var room = force ? LargestRing : _capacity - _linkedSlots;
            var length = Math.Min(Math.Min(full.Length * Growth, LargestRing), room);
            if (length < 2)
            {
                return false;
            }

            var next = NewRing(RoundDown(length));
            _linkedSlots += next.Length;
            full.Freeze();
            Volatile.Write(ref full.Next, next);
            Volatile.Write(ref _tail, next);
            return true;
        }
    }

    private Ring NewRing(int length)
    {
        if (length < LargestRing || _spares is not { } spare)
        {
            return new Ring(length);
        }

        _spares = spare.Next;
        _spareCount--;
        spare.Next = null;
        spare.Thaw();
        return spare;
    }

    private void Leave(Ring drained)
    {
        // The freezing producer links the next ring before it gives the lock back.
        lock (_growing)
        {
            Volatile.Write(ref _head, drained.Next!);
            _linkedSlots -= drained.Length;
            drained.Next = null;
            if (drained.Length == LargestRing && _spareCount < MostSpares)
            {
                drained.Next = _spares;
                _spares = drained;
                _spareCount++;
            }
        }
    }

    private struct Slot
    {
        internal object? Message;
        internal IActorRef? Sender;
        internal int Sequence;
    }

    /// <summary>A number alone on its cache lines, for producers write it while the consumer reads its neighbours.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct PaddedInt
    {
        [FieldOffset(64)]
        internal int Value;
    }

    private sealed class Ring
    {
        internal Ring? Next;
        private readonly Slot[] _slots;
        private int _headPosition;
        private PaddedInt _tailPosition;

        internal Ring(int length)
        {
            _slots = new Slot[length];
            for (var i = 0; i < length; i++)
            {
                _slots[i].Sequence = i;
            }
        }

        internal int Length => _slots.Length;

        // A live ring holds at most its length; a frozen one is off by twice that. So the distance alone tells.
        internal bool IsFrozen => unchecked(Volatile.Read(ref _tailPosition.Value) - Volatile.Read(ref _headPosition)) >= FreezeOffset;

        internal bool IsFull
        {
            get
            {
                var position = Volatile.Read(ref _tailPosition.Value);
                return unchecked(Volatile.Read(ref _slots[position & (_slots.Length - 1)].Sequence) - position) < 0;
            }
        }

        internal int Count
        {
            get
            {
                var distance = unchecked(Volatile.Read(ref _tailPosition.Value) - Volatile.Read(ref _headPosition));
                return Math.Max(0, distance >= FreezeOffset ? distance - FreezeOffset : distance);
            }
        }

        private int FreezeOffset => _slots.Length * 2;

        internal void Freeze() => Interlocked.Add(ref _tailPosition.Value, FreezeOffset);

        internal void Thaw() => Interlocked.Add(ref _tailPosition.Value, -FreezeOffset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal bool TryEnqueue(object message, IActorRef? sender)
        {
            var slots = _slots;
            while (true)
            {
                var position = Volatile.Read(ref _tailPosition.Value);
                ref var slot = ref slots[position & (slots.Length - 1)];
                var ahead = unchecked(Volatile.Read(ref slot.Sequence) - position);
                if (ahead == 0)
                {
                    if (Interlocked.CompareExchange(ref _tailPosition.Value, unchecked(position + 1), position) == position)
                    {
                        slot.Message = message;
                        slot.Sender = sender;
                        Volatile.Write(ref slot.Sequence, unchecked(position + 1));
                        return true;
                    }
                }
                else if (ahead < 0)
                {
                    return false;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? message, out IActorRef? sender)
        {
            var slots = _slots;
            var position = _headPosition;
            ref var slot = ref slots[position & (slots.Length - 1)];
            if (Volatile.Read(ref slot.Sequence) != unchecked(position + 1))
            {
                if (Count == 0)
                {
                    message = null;
                    sender = null;
                    return false;
                }

                // Claimed, and its producer is about to publish it.
                var spin = default(SpinWait);
                while (Volatile.Read(ref slot.Sequence) != unchecked(position + 1))
                {
                    spin.SpinOnce();
                }
            }

            message = slot.Message!;
            sender = slot.Sender;
            slot.Message = null;
            slot.Sender = null;
            Volatile.Write(ref slot.Sequence, unchecked(position + slots.Length));
            Volatile.Write(ref _headPosition, unchecked(position + 1));
            return true;
        }
    }
}
