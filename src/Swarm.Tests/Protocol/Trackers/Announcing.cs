using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>Announce tiers written as "a,b|c" (tiers between bars), driven by second and letter, so that a test reads as a timetable.</summary>
internal sealed class Announcing(string tiers, AnnounceTiersSettings? settings = null, int seed = 1)
{
    public static readonly TrackerFailure Failure = new(TrackerFailureKind.Unreachable, "refused");

    private readonly Dictionary<string, long> _tickets = [];

    public AnnounceTiers Tiers { get; } = new(
        tiers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(tier => tier.Split(',').Select(UrlOf)), settings ?? AnnounceTiersSettings.Default, new Random(seed));

    public double? NextAt => Tiers.NextWakeUp?.TotalSeconds;

    public static TrackerUrl UrlOf(string letter) => TrackerSamples.Url($"http://{letter}.example/announce");

    public void Start(double at, bool complete = false, bool isKnown = false) => Tiers.Start(complete, TimeSpan.FromSeconds(at), isKnown);

    public bool Add(string letter, double at) => Tiers.Add(UrlOf(letter), TimeSpan.FromSeconds(at));

    /// <summary>All announces that go out at a time, as "letter event".</summary>
    public List<string> Due(double at)
    {
        var due = new List<string>();
        while (Tiers.TryNext(TimeSpan.FromSeconds(at), out var announce))
        {
            var letter = announce.Url.Host[..1];
            _tickets[letter] = announce.Ticket;
            due.Add(announce.Event == AnnounceEvent.None ? letter : $"{letter} {announce.Event.ToString().ToLowerInvariant()}");
        }

        return due;
    }

    public void Succeed(string letter, double at, int? interval = null, int? minInterval = null, AnnounceReply? reply = null) =>
        Tiers.Succeeded(_tickets[letter], reply ?? new AnnounceReply { Interval = Seconds(interval), MinInterval = Seconds(minInterval) }, TimeSpan.FromSeconds(at));

    public void Fail(string letter, double at) => Tiers.Failed(_tickets[letter], Failure, TimeSpan.FromSeconds(at));

    public List<string> Order() => [.. Tiers.Describe(TimeSpan.Zero).Select(status => status.Url.Host[..1])];

    public TrackerStatus Describe(string letter, double at) => Tiers.Describe(TimeSpan.FromSeconds(at)).Single(status => status.Url == UrlOf(letter));

    private static TimeSpan? Seconds(int? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;
}
