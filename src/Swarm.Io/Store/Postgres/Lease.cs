namespace Swarm.Io.Store.Postgres;

/// <summary>A row of <c>leases</c> as it is while we hold its lock, and who stands in it. <paramref name="IsLive"/>: nobody else may take it from its owner.</summary>
internal readonly record struct Lease(Guid? Owner, long Token, int? Process, string? Machine, bool IsLive);
