using System.Collections.Immutable;
using System.Globalization;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Explaining;

namespace Swarm.Tests.Host.Api;

public sealed class ExplanationTests
{
    private static readonly TrackerDetails GoodTracker = new("http://good.example/announce", 0, null, 5, 3, 10, 8, 1, 2);
    private static readonly TrackerDetails BadTracker = new("http://bad.example/announce", 1, "no answer within 30 s", -1, -1, -1, 0, 0, 2);

    public static TheoryData<string, string, FindingSeverity> Cases { get; } = new()
    {
        { "failed", "failed", FindingSeverity.Stops },
        { "failed-disk", "disk", FindingSeverity.Stops },
        { "full-disk", "disk", FindingSeverity.Stops },
        { "waiting", "waiting", FindingSeverity.Stops },
        { "queued", "queued", FindingSeverity.Stops },
        { "checking", "checking", FindingSeverity.Stops },
        { "loading", "loading", FindingSeverity.Stops },
        { "stopping", "stopping", FindingSeverity.Stops },
        { "stopped", "paused", FindingSeverity.Stops },
        { "nothing-wanted", "nothing-wanted", FindingSeverity.Stops },
        { "private-without-tracker", "private-without-tracker", FindingSeverity.Stops },
        { "no-peers-known", "no-peers", FindingSeverity.Stops },
        { "none-connected", "no-peers", FindingSeverity.Stops },
        { "nothing-to-get", "nothing-to-get", FindingSeverity.Stops },
        { "all-choke", "all-choke", FindingSeverity.Stops },
        { "all-snub", "all-snub", FindingSeverity.Stops },
        { "no-seeds", "no-seeds", FindingSeverity.Slows },
        { "metadata", "metadata", FindingSeverity.Stops },
        { "limit-download", "limit-download", FindingSeverity.Slows },
        { "limit-node-download", "limit-node-download", FindingSeverity.Slows },
        { "limit-cluster-download", "limit-cluster-download", FindingSeverity.Slows },
        { "limit-cluster-upload", "limit-cluster-upload", FindingSeverity.Slows },
        { "limit-upload", "limit-upload", FindingSeverity.Slows },
        { "limit-node-upload", "limit-node-upload", FindingSeverity.Slows },
        { "all-trackers-fail", "tracker-error", FindingSeverity.Slows },
        { "one-tracker-fails", "tracker-error", FindingSeverity.Note },
        { "dht-empty", "dht-empty", FindingSeverity.Slows },
        { "unconnectable", "unconnectable", FindingSeverity.Slows },
        { "nobody-asks", "nobody-asks", FindingSeverity.Note },
        { "at-work", "at-work", FindingSeverity.Note },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_hinders_a_torrent_most_comes_first(string situation, string code, FindingSeverity severity)
    {
        var findings = Explanation.Of(Torrent(situation), Node(situation));

        findings[0].Code.ShouldBe(code, string.Join(", ", findings.Select(finding => finding.Code)));
        findings[0].Severity.ShouldBe(severity);
        findings.Select(finding => finding.Severity).ShouldBe(findings.Select(finding => finding.Severity).OrderDescending());
        findings.ShouldAllBe(finding => finding.Sentence.EndsWith('.') && (char.IsUpper(finding.Sentence[0]) || char.IsDigit(finding.Sentence[0])));
        if (severity != FindingSeverity.Note && code is not ("checking" or "loading" or "stopping" or "metadata")) findings[0].Remedy.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void The_evidence_are_the_figures_it_was_seen_by()
    {
        var finding = Explanation.Of(Torrent("all-choke"), Node("all-choke"))[0];

        finding.Evidence["interestedIn"].ShouldBe("2");
        finding.Evidence["choking"].ShouldBe("2");
        finding.Sentence.ShouldContain("2 peers");
    }

    [Fact]
    public void A_torrent_that_stands_still_is_not_said_to_lack_peers()
    {
        var findings = Explanation.Of(Torrent("stopped") with { Trackers = [BadTracker] }, new ExplanationContext { DhtNodes = 0 });

        findings.Select(finding => finding.Code).ShouldBe(["paused"]);
    }

    [Theory]
    [InlineData(899, false)]
    [InlineData(900, true)]
    [InlineData(1_000, true)]
    [InlineData(1_200, true)]
    public void A_limit_is_reached_from_nine_tenths_on(long rate, bool isReached)
    {
        var details = AtWork() with { Options = new TorrentOptions { Folder = "/content", DownloadLimit = 1_000 } };
        var findings = Explanation.Of(details with { Row = details.Row with { DownloadRate = rate } }, new ExplanationContext());

        findings.Any(finding => finding.Code == "limit-download").ShouldBe(isReached, rate.ToString(CultureInfo.InvariantCulture));
    }

    private static TorrentDetails AtWork(TorrentState state = TorrentState.Downloading) => Rows.Details(Rows.Row(1, state) with { ConnectedPeers = 2, ConnectedSeeds = 1, DownloadRate = 1_000, UploadRate = state == TorrentState.Seeding ? 1_000 : 0, VerifiedLength = state == TorrentState.Seeding ? 1_000 : 10 }) with
    {
        Peers = [Rows.Peer(1, weAreInterested: true, peerChokes: false, downloadRate: 1_000), Rows.Peer(2, peerIsInterested: true)],
        Trackers = [GoodTracker],
    };

    private static TorrentDetails Standing(TorrentState state, string? reason = null, int queue = -1) => Rows.Details(Rows.Row(1, state) with { Reason = reason, QueuePosition = queue });

    private static TorrentDetails Torrent(string situation)
    {
        var work = AtWork();
        var seed = AtWork(TorrentState.Seeding);
        return situation switch
        {
            "failed" => Standing(TorrentState.Failed, "a lease is held by another process"),
            "failed-disk" => Standing(TorrentState.Failed, "/content/a: Permission denied"),
            "full-disk" => Standing(TorrentState.Waiting, "no space left on device"),
            "waiting" => Standing(TorrentState.Waiting),
            "queued" => Standing(TorrentState.Queued, queue: 3),
            "checking" => Standing(TorrentState.Checking) with { Status = work.Status with { State = TorrentState.Checking, CheckProgress = (3, 10) } },
            "loading" => Standing(TorrentState.Loading),
            "stopping" => Standing(TorrentState.Stopping),
            "stopped" => Standing(TorrentState.Stopped),
            "nothing-wanted" => work with { Row = work.Row with { SelectedLength = 0, VerifiedLength = 0 } },
            "private-without-tracker" => work with { Row = work.Row with { IsPrivate = true }, Trackers = [] },
            "no-peers-known" => work with { Row = work.Row with { ConnectedPeers = 0, ConnectedSeeds = 0 }, Peers = [] },
            "none-connected" => work with { Row = work.Row with { ConnectedPeers = 0, ConnectedSeeds = 0 }, Peers = [], Status = work.Status with { KnownPeers = 7 } },
            "nothing-to-get" => work with { Peers = [Rows.Peer(1), Rows.Peer(2)] },
            "all-choke" => work with { Peers = [Rows.Peer(1, weAreInterested: true), Rows.Peer(2, weAreInterested: true)] },
            "all-snub" => work with { Peers = [Rows.Peer(1, weAreInterested: true, peerChokes: false, snubbed: true), Rows.Peer(2, weAreInterested: true)] },
            "no-seeds" => work with { Row = work.Row with { ConnectedSeeds = 0 }, Trackers = [GoodTracker with { Seeders = 0 }] },
            "metadata" => work with { Row = work.Row with { State = TorrentState.FetchingMetadata, HasMetadata = false } },
            "limit-download" => work with { Options = work.Options with { DownloadLimit = 1_000 } },
            "limit-upload" => seed with { Options = seed.Options with { UploadLimit = 1_000 } },
            "limit-node-upload" or "limit-cluster-upload" or "nobody-asks" => seed with { Row = seed.Row with { UploadRate = situation == "nobody-asks" ? 0 : 1_000 }, Peers = [Rows.Peer(1)] },
            "all-trackers-fail" => work with { Trackers = [BadTracker] },
            "one-tracker-fails" => work with { Trackers = [GoodTracker, BadTracker] },
            "unconnectable" => work with { Peers = [.. Enumerable.Range(0, 10).Select(number => Rows.Peer(number, weAreInterested: true, peerChokes: false)).ToImmutableArray()] },
            _ => work,
        };
    }

    private static ExplanationContext Node(string situation) => situation switch
    {
        "limit-node-download" => new ExplanationContext { DownloadLimit = 5_000, DownloadRate = 4_900 },
        "limit-cluster-download" => new ExplanationContext { DownloadLimit = 9_000, DownloadShare = 5_000, DownloadRate = 4_900 },
        "limit-cluster-upload" => new ExplanationContext { UploadShare = 5_000, UploadRate = 5_000 },
        "limit-node-upload" => new ExplanationContext { UploadLimit = 5_000, UploadRate = 5_000 },
        "dht-empty" => new ExplanationContext { DhtNodes = 0 },
        _ => new ExplanationContext { DhtNodes = 100 },
    };
}
