using System.Buffers;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

/// <summary>One side of a connection as the actor would wrap it: decoder, state and what it sends, on a clock that the test moves.</summary>
internal sealed class Connection
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly WireDecoder _decoder;

    public Connection(ReservedBits negotiated, PieceGeometry? geometry, WireSettings? settings = null)
    {
        settings ??= WireSettings.Default;
        _decoder = new WireDecoder(settings);
        if (geometry is not null) _decoder.MetadataKnown(geometry);
        State = new PeerWireState(settings, negotiated, negotiated, geometry, 0);
    }

    public PeerWireState State { get; }

    public long Now { get; private set; }

    public WireWriter Writer => new(_output);

    public void Advance(TimeSpan time) => Now += time.Ticks;

    /// <summary>What the peer writes arrives.</summary>
    public List<WireOutcome> Receive(Action<WireWriter> write) => Receive(WireSamples.Bytes(write));

    public List<WireOutcome> Receive(ReadOnlySpan<byte> bytes)
    {
        var outcomes = new List<WireOutcome>();
        var position = 0;
        while (_decoder.TryRead(bytes, ref position, out var message)) outcomes.Add(State.Receive(message, Writer, Now));
        if (_decoder.Error is { } error) outcomes.Add(WireOutcome.Close(error));
        return outcomes;
    }

    /// <summary>The one outcome of one message.</summary>
    public WireOutcome ReceiveOne(Action<WireWriter> write) => Receive(write).ShouldHaveSingleItem();

    public int Request(params BlockRequest[] blocks) => State.SendRequests(blocks, Writer, Now);

    public WireOutcome Tick() => State.Tick(Writer, Now);

    public BlockRequest[] TakeReleased()
    {
        var released = State.Released.ToArray();
        State.ClearReleased();
        return released;
    }

    /// <summary>What was written since the last call, one line a message.</summary>
    public List<string> TakeSent()
    {
        var lines = WireSamples.Transcript(_output.WrittenSpan, []);
        _output.Clear();
        return lines;
    }
}
