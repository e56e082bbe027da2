using System.Collections.Immutable;
using System.Net.Sockets;

namespace Swarm.Actors.Ports;

/// <summary>HTTP and HTTPS as actors see them: GET only, redirects followed (bounded), gzip undone (bounded).</summary>
public interface IHttp
{
    /// <summary>Fetches. Answers <paramref name="replyTo"/> with <see cref="Replied"/> (any status) or <see cref="Failed"/>, carrying <paramref name="request"/>'s id.</summary>
    void Get(HttpFetch request, IActorRef replyTo);

    /// <summary>Gives up a request; no answer follows if none is under way already.</summary>
    void Cancel(long id);

    /// <summary>The whole body, never longer than asked for.</summary>
    sealed record Replied(long Id, int Status, ImmutableArray<byte> Body);

    /// <summary>No reply; <paramref name="Reason"/> is one line for people.</summary>
    sealed record Failed(long Id, string Reason);
}

/// <summary>
/// A GET. <paramref name="Family"/>: only over IPv4 or IPv6 (a tracker is told of both, BEP 7), or unspecified. Body limit in bytes after decompression.
/// </summary>
public sealed record HttpFetch(long Id, Uri Url, AddressFamily Family, TimeSpan Timeout, int BodyLimit);
