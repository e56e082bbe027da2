using Swarm.Protocol.Choking;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Choking;

/// <summary>A choker with a clock in seconds and peers whose transfers run at the rates a test sets; changes are written <c>"-3 +5"</c>: choke 3, unchoke 5.</summary>
internal sealed class ChokerScene(ChokerSettings settings, int seed = 1)
{
    private readonly SortedDictionary<PeerKey, (long Down, long Up, long DownRate, long UpRate)> _peers = [];
    private readonly List<ChokeChange> _changes = [];

    public Choker Choker { get; } = new(settings, new Random(seed));

    public long Seconds { get; private set; }

    private long Now => Seconds * TimeSpan.TicksPerSecond;

    public string Unchoked
    {
        get
        {
            var keys = new List<PeerKey>();
            Choker.AddUnchokedTo(keys);
            return string.Join(' ', keys);
        }
    }

    public void Join(int peer, long downRate = 0, long upRate = 0)
    {
        Choker.PeerJoined(new PeerKey(peer), Now).ShouldBeTrue();
        _peers[new PeerKey(peer)] = (0, 0, downRate, upRate);
    }

    public string JoinInterested(int peer, long downRate = 0, long upRate = 0)
    {
        Join(peer, downRate, upRate);
        return Interested(peer, true);
    }

    public string Interested(int peer, bool interested)
    {
        Choker.SetInterested(new PeerKey(peer), interested, Now, _changes);
        return Take();
    }

    public string Leave(int peer)
    {
        _peers.Remove(new PeerKey(peer));
        Choker.PeerLeft(new PeerKey(peer), Now, _changes);
        return Take();
    }

    public string Limit(long? bytesPerSecond)
    {
        Choker.SetUploadLimit(bytesPerSecond, Now, _changes);
        return Take();
    }

    public void SetRates(int peer, long down, long up) =>
        _peers[new PeerKey(peer)] = _peers[new PeerKey(peer)] with { DownRate = down, UpRate = up };

    public string Round(int seconds = 10)
    {
        Seconds += seconds;
        foreach (var (key, peer) in _peers.ToList())
        {
            // What peers send us is theirs to decide; what they take flows only while they are unchoked.
            var up = peer.Up + (Choker.IsUnchoked(key) ? peer.UpRate * seconds : 0);
            _peers[key] = peer with { Down = peer.Down + (peer.DownRate * seconds), Up = up };
            Choker.Transferred(key, _peers[key].Down, up);
        }

        Choker.Round(Now, _changes);
        return Take();
    }

    public long UploadedTo(int peer) => _peers[new PeerKey(peer)].Up;

    private string Take()
    {
        var text = string.Join(' ', _changes.Select(change => $"{(change.Choke ? '-' : '+')}{change.Peer}"));
        _changes.Clear();
        return text;
    }
}
