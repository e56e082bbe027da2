namespace Swarm.Api.Contracts;

/// <summary>
/// Why a request was not carried out (RFC 9457, "application/problem+json"). <see cref="Detail"/> is a whole sentence: what, where, and what to do.
/// </summary>
public sealed record Problem
{
    /// <summary>The kind of problem: a page of the API's document, such as "https://swarm.invalid/problems/not-found".</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>The kind of problem in words.</summary>
    public required string Title { get; init; }

    /// <summary>The response's status.</summary>
    public required int Status { get; init; }

    /// <summary>What, where, and what to do.</summary>
    public required string Detail { get; init; }
}
