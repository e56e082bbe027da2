namespace Swarm.Io.Store.Migration;

/// <summary>What a migration found and did: torrents at the source and, before it began, at the target; those written, those that were there already from an earlier run, those that are the target's own and stay; and notes written.</summary>
public sealed record StoreMigrationReport(int Torrents, int TargetTorrents, int Copied, int Already, int Kept, int Notes);
