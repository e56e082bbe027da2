namespace Swarm.Api.Contracts;

/// <summary>A storage as placement sees it for one torrent. <paramref name="Desired"/>: it should be there. <paramref name="Replica"/>: the state of the replica there; absent: none.</summary>
public sealed record RankedStorage(int Rank, string Storage, string Zone, double Weight, bool HasRoom, bool Desired, string? Node, string? Replica);

/// <summary>A step of placement: a storage gets a torrent, or, where the reason is "trim", is to forget it.</summary>
public sealed record PlanItem(string Hash, string Name, string Reason, string Storage, long Bytes);
