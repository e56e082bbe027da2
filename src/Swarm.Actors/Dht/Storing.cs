using System.Collections.Immutable;
using System.Text;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;

namespace Swarm.Actors.Dht;

/// <summary>
/// The second part of a <see cref="DhtTask"/> that announces or puts: the closest nodes are told to store. One that is slow is told again, for a datagram may have got lost; the actor sends what is <see cref="Due"/>.
/// Always holds: a node is told at most as often as <see cref="Begin"/> was given, and counts once, however often it answers. Over when all have answered or failed; once one has stored, those that stay silent are waited for only a while.
/// </summary>
internal sealed class Storing(Action touched) : IQueryOwner
{
    private readonly List<Place> _places = [];
    private int _maxTries;

    /// <summary>Whether it has begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Nodes that have stored.</summary>
    public int Stored { get; private set; }

    /// <summary>What the first node that refused said, or null.</summary>
    public string? Refusal { get; private set; }

    /// <summary>These nodes are to be told, each at most so often.</summary>
    public void Begin(ImmutableArray<LookupNode> nodes, int maxTries)
    {
        HasBegun = true;
        _maxTries = maxTries;
        foreach (var node in nodes) _places.Add(new Place(node));
    }

    /// <summary>The first node that is to be told now, or null; then call <see cref="Sent"/> or <see cref="Failed"/>.</summary>
    public LookupNode? Due()
    {
        foreach (var place in _places)
        {
            if (IsDue(place)) return place.Node;
        }

        return null;
    }

    /// <summary>It is being told.</summary>
    public void Sent(LookupNode node, long nowTicks)
    {
        var place = At(node.Contact.Address)!;
        place.Tries++;
        place.Open++;
        place.IsSlow = false;
        place.SentAt = nowTicks;
    }

    /// <summary>Whether nothing more is to come that is worth waiting for.</summary>
    public bool IsOver(long nowTicks, TimeSpan patience)
    {
        foreach (var place in _places)
        {
            if (!place.IsOver && (Stored == 0 || !place.IsSlow || IsDue(place) || nowTicks - place.SentAt < patience.Ticks)) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip)
    {
        if (At(from) is { IsOver: false } place)
        {
            place.IsOver = true;
            if (message.Kind == KrpcKind.Reply) Stored++;
            else Refusal ??= $"{message.ErrorCode} {Encoding.ASCII.GetString(message.ErrorText[..Math.Min(message.ErrorText.Length, 100)]).Trim()}";
        }

        touched();
    }

    /// <inheritdoc/>
    public void Stalled(UdpAddress address)
    {
        if (At(address) is { } place) place.IsSlow = true;
        touched();
    }

    /// <inheritdoc/>
    public void Failed(UdpAddress address)
    {
        // A later query to the same may still be answered.
        if (At(address) is { } place && --place.Open == 0) place.IsOver = true;
        touched();
    }

    private bool IsDue(Place place) => !place.IsOver && (place.Tries == 0 || (place.IsSlow && place.Tries < _maxTries));

    private Place? At(UdpAddress address) => _places.Find(place => place.Node.Contact.Address == address);

    private sealed class Place(LookupNode node)
    {
        public LookupNode Node { get; } = node;

        public int Tries { get; set; }

        public int Open { get; set; }

        public bool IsSlow { get; set; }

        public bool IsOver { get; set; }

        public long SentAt { get; set; }
    }
}
