using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>
/// One request to <see cref="TrackersActor"/>, from its queue to its last answer. It becomes one exchange for every address family the tracker has;
/// the requester hears of each success, and of a failure only when no family succeeded.
/// </summary>
internal abstract class TrackerJob(long number, TrackerUrl url, IActorRef requester)
{
    private TrackerFailure? _failure;

    /// <summary>Our own number for it.</summary>
    public long Number { get; } = number;

    /// <summary>The tracker.</summary>
    public TrackerUrl Url { get; } = url;

    /// <summary>Exchanges that have had no outcome yet.</summary>
    public int Outstanding { get; set; }

    /// <summary>Whether a family has succeeded.</summary>
    public bool HasSucceeded { get; private set; }

    /// <summary>The family that gave no answer at all, if one did.</summary>
    public AddressFamily? SilentFamily { get; private set; }

    /// <summary>Who is told.</summary>
    protected IActorRef Requester { get; } = requester;

    /// <summary>Notes a success; the caller tells the requester.</summary>
    protected void Succeed() => HasSucceeded = true;

    /// <summary>Notes the failure of an exchange. A tracker's own words are worth more than a timeout of the other family.</summary>
    public void Note(TrackerFailure failure, AddressFamily family)
    {
        if (_failure is null || failure.Kind == TrackerFailureKind.Refused) _failure = failure;
        if (failure.Kind is TrackerFailureKind.Timeout or TrackerFailureKind.Unreachable) SilentFamily = family;
    }

    /// <summary>Tells the requester that there is nothing, unless it has had a success.</summary>
    public void End(IActorRef self)
    {
        if (!HasSucceeded) TellFailure(_failure ?? new TrackerFailure(TrackerFailureKind.Abandoned, "The request was given up."), self);
    }

    /// <summary>Tells the requester that there is nothing.</summary>
    protected abstract void TellFailure(TrackerFailure failure, IActorRef self);
}

/// <summary>An announce under way.</summary>
internal sealed class AnnounceJob(long number, TrackersActor.Announce message, IActorRef requester) : TrackerJob(number, message.Url, requester)
{
    /// <summary>What is announced.</summary>
    public AnnounceRequest Request => message.Request;

    /// <summary>Tells the requester what a tracker answered over one family.</summary>
    public void Succeed(AddressFamily family, AnnounceReply reply, IActorRef self)
    {
        Succeed();
        Requester.Tell(new TrackersActor.Announced(message.Id, Url, family, reply), self);
    }

    /// <inheritdoc/>
    protected override void TellFailure(TrackerFailure failure, IActorRef self) => Requester.Tell(new TrackersActor.AnnounceFailed(message.Id, Url, failure), self);
}

/// <summary>A scrape under way.</summary>
internal sealed class ScrapeJob(long number, TrackersActor.Scrape message, IActorRef requester) : TrackerJob(number, message.Url, requester)
{
    /// <summary>What is asked about.</summary>
    public ImmutableArray<InfoHash> InfoHashes => message.InfoHashes;

    /// <summary>Tells the requester what the tracker answered.</summary>
    public void Succeed(ImmutableArray<ScrapeEntry> entries, IActorRef self)
    {
        Succeed();
        Requester.Tell(new TrackersActor.Scraped(message.Id, Url, entries), self);
    }

    /// <inheritdoc/>
    protected override void TellFailure(TrackerFailure failure, IActorRef self) => Requester.Tell(new TrackersActor.ScrapeFailed(message.Id, Url, failure), self);
}
