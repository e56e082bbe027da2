using Swarm.Protocol.Bandwidth;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Bounds what a forged source address could make us send to its true owner. An address is proven for a while when it has shown that it receives what we send: it brought a token of ours, or answered a query of ours.
/// A proven one gets whole answers. An unproven one gets <see cref="DhtSecuritySettings.AnswerRatio"/> times the bytes of its question, which is enough for eight nodes; beyond that, peers and items
/// come out of an allowance for all together, <see cref="DhtSecuritySettings.UnprovenBytesPerSecond"/>. So a first-time asker commonly gets the whole answer, and in a flood the node adds no more than the allowance.
/// Owned by who answers. Memory is fixed. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class AmplificationGuard
{
    private readonly AddressTable<long> _provenAt;
    private readonly TokenBucket _allowance;
    private readonly DhtSecuritySettings _settings;

    /// <summary>A guard to whom nobody is proven, with a full allowance.</summary>
    public AmplificationGuard(DhtSecuritySettings settings, Random random, long nowTicks)
    {
        _settings = settings;
        _provenAt = new AddressTable<long>(settings.RememberedSources, random);
        _allowance = new TokenBucket(settings.UnprovenBytesPerSecond, TimeSpan.FromSeconds(1), leastCapacity: 0, nowTicks - TimeSpan.TicksPerSecond);
        _allowance.Refill(nowTicks);
    }

    /// <summary>Answers that could have been longer.</summary>
    public long Limited { get; private set; }

    /// <summary>The host behind the address receives what we send to it.</summary>
    public void Prove(UdpAddress address, long nowTicks) => _provenAt.Use(NetworkOf.Host(address), nowTicks, out _) = nowTicks;

    /// <summary>Whether the host has proven itself lately.</summary>
    public bool IsProven(UdpAddress address, long nowTicks) =>
        _provenAt.TryGet(NetworkOf.Host(address), out var at) && nowTicks - at < _settings.ProvenFor.Ticks;

    /// <summary>The most bytes an answer may have, at most <paramref name="maxBytes"/>.</summary>
    public int LimitFor(UdpAddress address, int questionBytes, int maxBytes, long nowTicks)
    {
        if (IsProven(address, nowTicks)) return maxBytes;
        _allowance.Refill(nowTicks);
        var limit = (int)Math.Min(maxBytes, ((long)questionBytes * _settings.AnswerRatio) + _allowance.Available);
        if (limit < maxBytes) Limited++;
        return limit;
    }

    /// <summary>An answer within its limit was sent: what exceeds the ratio is taken off the allowance.</summary>
    public void Sent(UdpAddress address, int questionBytes, int answerBytes, long nowTicks)
    {
        var excess = answerBytes - ((long)questionBytes * _settings.AnswerRatio);
        if (excess > 0 && !IsProven(address, nowTicks)) _allowance.Take(Math.Min(excess, _allowance.Available));
    }
}
