using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>Calls of an <see cref="IClusterStore"/> that are awaited, and outcomes as text, because arrays inside of records are compared by identity.</summary>
internal static class ClusterStoreCalls
{
    // For an answer that must come: the store's own time-out is far shorter.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary><see cref="IClusterStore.Committed"/> or <see cref="IClusterStore.Failed"/>.</summary>
    public static async Task<object> AnswerAsync(this IClusterStore store, params ImmutableArray<ClusterCommand> commands)
    {
        var waiter = new Waiter();
        store.Submit(7, commands, waiter);
        var answer = await waiter.Answer.WaitAsync(Patience);
        (answer is IClusterStore.Committed committed ? committed.Batch : ((IClusterStore.Failed)answer).Batch).ShouldBe(7);
        return answer;
    }

    /// <summary>The outcomes of a batch that must be committed.</summary>
    public static async Task<ImmutableArray<ClusterOutcome>> DoAsync(this IClusterStore store, params ImmutableArray<ClusterCommand> commands)
    {
        var committed = (await store.AnswerAsync(commands)).ShouldBeOfType<IClusterStore.Committed>();
        committed.Outcomes.Length.ShouldBe(commands.Length);
        return committed.Outcomes;
    }

    /// <summary>The outcome of one command that must be committed.</summary>
    public static async Task<ClusterOutcome> DoAsync(this IClusterStore store, ClusterCommand command) => (await store.DoAsync([command]))[0];

    /// <summary>A view of everything, by pages.</summary>
    public static async Task<ClusterView> ViewAsync(this IClusterStore store, ClusterView? before = null, int limit = 1_000)
    {
        var view = before ?? ClusterView.Empty;
        do view = view.With((ClusterOutcome.View)await store.DoAsync(new ClusterCommand.Read(view.UpToChange, limit, view.UpToBan)));
        while (!view.IsCaughtUp);
        return view;
    }

    /// <summary>All that an outcome says.</summary>
    public static string Text(ClusterOutcome outcome) => outcome switch
    {
        ClusterOutcome.Source source => $"Source {Convert.ToHexString(source.Bytes.AsSpan())}, hints {string.Join(' ', source.Hints)}",
        ClusterOutcome.View view => $"View at {view.NowTicks}, version {view.Version}, up to {view.UpToChange} of {view.LastChange}, purged to {view.PurgedTo}{(view.HasMore ? " and more" : "")}\n  {string.Join("\n  ", view.Members.Select(Text))}\n  {string.Join("\n  ", view.Torrents.Select(Text))}\n  bans up to {view.UpToBan} of {view.LastBan}: {string.Join("\n  ", view.Bans)}",
        _ => outcome.ToString(),
    };

    private static string Text(Member member) =>
        $"{member.Id} {member.State} since {member.SinceTicks} until {member.AliveUntilTicks} free {member.FreeBytes}, {member.Traits with { PeerEndPoints = [] }} [{string.Join(' ', member.Traits.PeerEndPoints)}] suspected by [{string.Join(' ', member.Suspicions)}]";

    private static string Text(PlacedTorrent torrent) => $"{torrent.Change}: {torrent.Wanted} at [{string.Join(' ', torrent.Replicas)}]";

    // Told once.
    private sealed class Waiter : IActorRef
    {
        private readonly TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<object> Answer => _answer.Task;

        public ActorPath Path => ActorRefs.Nobody.Path;

        public void Tell(object message, IActorRef? sender) => _answer.SetResult(message);

        public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => 0;

        public int CompareTo(IActorRef? other) => ReferenceEquals(this, other) ? 0 : 1;
    }
}
