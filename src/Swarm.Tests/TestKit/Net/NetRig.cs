using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Net;
using SlabLedger = Swarm.TestKit.Memory.SlabLedger;

namespace Swarm.Tests.TestKit.Net;

/// <summary>A simulated network with a node's TCP that listens on one host, and scripted sockets on another as the other sides.</summary>
internal sealed class NetRig
{
    public const int Block = PieceGeometry.BlockSize;

    public static readonly StorageId Storage = new(1);

    public NetRig(int seed = 1, SimNetworkSettings? settings = null, LinkProfile? here = null, LinkProfile? there = null)
    {
        Sim = new Simulation(seed);
        Network = new SimNetwork(Sim, new Random(seed), settings);
        Here = Network.AddHost("here", IPAddress.Parse("1.0.0.1"), here ?? LinkProfile.Default, second: IPAddress.Parse("2001:db8::1"));
        There = Network.AddHost("there", IPAddress.Parse("1.0.0.2"), there ?? LinkProfile.Default, second: IPAddress.Parse("2001:db8::2"));
        Tcp = Here.Tcp(Slabs, Blocks);
        Listener = Mailbox();
        Tcp.Listen(new IPEndPoint(Here.Address, 6881), Listener);
        Address = Listener.Expect<ITcp.Listening>().Local;
    }

    public Simulation Sim { get; }

    public SimNetwork Network { get; }

    public SimHost Here { get; }

    public SimHost There { get; }

    public SlabLedger Slabs { get; } = new();

    public ContentBlocks Blocks { get; } = new();

    public ITcp Tcp { get; }

    public SimMailbox Listener { get; }

    public IPEndPoint Address { get; }

    public SimMailbox Mailbox() => new(Sim);

    public void Pass(double seconds) => Sim.AdvanceBy(TimeSpan.FromSeconds(seconds));

    /// <summary>A link, started for a new owner, and the script at its other end.</summary>
    public (IPeerLink Link, SimMailbox Owner, ScriptPeer Peer) Connected(SimHost? from = null)
    {
        var peer = new ScriptPeer(this, from ?? There, Address);
        var link = Listener.Expect<ITcp.Accepted>().Link;
        var owner = Mailbox();
        link.Start(owner);
        return (link, owner, peer);
    }

    /// <summary>Closes the link, releases what comes meanwhile, and checks that Closed is the last word and everything is back.</summary>
    public void CloseAndCheck(IPeerLink link, SimMailbox owner)
    {
        link.Close();
        owner.Await<IPeerLink.Closed>(Release);
        ShouldHoldNothing();
        owner.Waiting.ShouldBe(0);
    }

    /// <summary>After a while nothing may be left of any connection.</summary>
    public void ShouldHoldNothing()
    {
        Pass(120);
        Network.OpenConnections.ShouldBe(0);
        Slabs.Outstanding.ShouldBe(0);
        Sim.PendingTimers.ShouldBe(0);
    }

    public static void Release(object message)
    {
        if (message is IPeerLink.Received received) received.Data.Release();
    }

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Storage 1: computed content of 8 MiB. Ranges from <see cref="ReadableUntil"/> on cannot be read.</summary>
    internal sealed class ContentBlocks : IBlockReader
    {
        private static readonly SimContent Content = SimContent.OneFile(8 << 20, 1 << 20);

        public int ReadableUntil { get; set; } = int.MaxValue;

        public List<BlockRequest> Failures { get; } = [];

        public bool TryRead(StorageId storage, BlockRequest block, Span<byte> destination)
        {
            storage.ShouldBe(Storage);
            if ((block.Piece.Value << 20) + block.Begin + block.Length > ReadableUntil)
            {
                Failures.Add(block);
                return false;
            }

            Content.Fill(block, destination);
            return true;
        }

        public static byte[] Message(BlockRequest block)
        {
            var message = new byte[13 + block.Length];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(message, 9 + block.Length);
            message[4] = 7;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(5), block.Piece.Value);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(9), block.Begin);
            Content.Fill(block, message.AsSpan(13));
            return message;
        }
    }
}

/// <summary>Stands for an actor: keeps what it is told, and hands it out in order, letting virtual time pass up to a deadline.</summary>
internal sealed class SimMailbox(Simulation sim) : IActorRef
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly Queue<object> _messages = new();

    public ActorPath Path => ActorPath.Root;

    public int Waiting => _messages.Count;

    public void Tell(object message, IActorRef? sender) => _messages.Enqueue(message);

    public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

    public int CompareTo(IActorRef? other) => Path.CompareTo(other?.Path);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <summary>The next message, which must be a <typeparamref name="T"/>.</summary>
    public T Expect<T>()
    {
        var message = Next(Patience);
        message.ShouldNotBeNull($"no {typeof(T).Name} came");
        return message.ShouldBeOfType<T>();
    }

    /// <summary>The next message of any kind, or null when none comes in time.</summary>
    public object? Next(TimeSpan within) => sim.RunUntil(() => _messages.Count > 0, within) ? _messages.Dequeue() : null;

    /// <summary>Takes messages until one is a <typeparamref name="T"/>, and answers that.</summary>
    public T Await<T>(Action<object>? others = null)
    {
        while (true)
        {
            var message = Next(Patience);
            message.ShouldNotBeNull($"no {typeof(T).Name} came");
            if (message is T found) return found;
            others?.Invoke(message);
        }
    }

    /// <summary>Reads exactly so many bytes of a link, in slices that it releases.</summary>
    public byte[] Read(int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            var data = Await<IPeerLink.Received>().Data;
            data.Span.CopyTo(bytes.AsSpan(done));
            done += data.Length;
            data.Release();
        }

        return bytes;
    }
}

/// <summary>A scripted end that keeps what it learns.</summary>
internal sealed class ScriptPeer : ISimSocketHandler
{
    private readonly NetRig _rig;
    private readonly List<byte> _received = [];

    public ScriptPeer(NetRig rig, SimHost from, IPEndPoint remote)
    {
        _rig = rig;
        Socket = from.Dial(remote, this);
    }

    public ScriptPeer(NetRig rig, SimSocket socket)
    {
        _rig = rig;
        Socket = socket;
    }

    public SimSocket Socket { get; }

    public bool IsConnected { get; private set; }

    public string? Reason { get; private set; }

    public byte[] Received => [.. _received];

    public int Count => _received.Count;

    public List<int> Cuts { get; } = [];

    public Action<ReadOnlyMemory<byte>> OnData { get; set; } = _ => { };

    /// <summary>Reads on until so many bytes have come in all.</summary>
    public byte[] Read(int count)
    {
        _rig.Sim.RunUntil(() => _received.Count >= count, TimeSpan.FromMinutes(10)).ShouldBeTrue($"{_received.Count} of {count} bytes came");
        var all = Received;
        all.Length.ShouldBe(count);
        return all;
    }

    public string ReadToEnd()
    {
        _rig.Sim.RunUntil(() => Reason is not null, TimeSpan.FromMinutes(10)).ShouldBeTrue("the connection did not end");
        return Reason!;
    }

    public void OnConnected() => IsConnected = true;

    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.IsEmpty.ShouldBeFalse();
        Reason.ShouldBeNull();
        _received.AddRange(bytes);
        Cuts.Add(bytes.Length);
        OnData(bytes.ToArray());
    }

    public void OnClosed(string reason)
    {
        Reason.ShouldBeNull("told once");
        Reason = reason;
    }
}
