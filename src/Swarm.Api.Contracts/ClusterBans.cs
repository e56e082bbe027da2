namespace Swarm.Api.Contracts;

/// <summary>Addresses that no node deals with.</summary>
public sealed record ClusterBanList(IReadOnlyList<ClusterBan> Items);

/// <summary>A banned address, what is left of the ban, until when that is, why and by whom: the member whose torrent was lied to, or the one that somebody asked.</summary>
public sealed record ClusterBan(string Address, long SecondsLeft, string Reason)
{
    /// <summary>Until when it holds, by the database's clock.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>Who gave it.</summary>
    public string By { get; init; } = "";
}

/// <summary>Bans an address for all nodes.</summary>
public sealed record AddBan
{
    /// <summary>An IP address.</summary>
    public required string Address { get; init; }

    /// <summary>For so long, 1 s to 7 days; absent: an hour.</summary>
    public long? Seconds { get; init; }

    /// <summary>Why, one line of at most 500 characters.</summary>
    public string? Reason { get; init; }
}
