using System.Net;
using System.Net.Sockets;

namespace Swarm.Host.Api.Security;

/// <summary>The limits of a <see cref="LoginBackOff"/>.</summary>
internal sealed record LoginBackOffSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static LoginBackOffSettings Default { get; } = new();

    /// <summary>Wrong keys that an address may give before it has to wait.</summary>
    public int FreeFailures { get; init => field = Setting.InRange(value, 1, 1_000); } = 5;

    /// <summary>The first wait; each further wrong key doubles it.</summary>
    public TimeSpan FirstWait { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait; an address that was quiet for as long begins anew.</summary>
    public TimeSpan LongestWait { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(15);

    /// <summary>Addresses that are remembered; the one that failed longest ago is forgotten for a new one.</summary>
    public int AddressLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;
}

/// <summary>
/// Slows down who guesses keys: after some wrong ones an address waits, longer each time, before its next key is even looked at. An IPv6 address stands for its /64, the least a single customer
/// has. Any thread; the moment is the caller's.
/// </summary>
internal sealed class LoginBackOff(LoginBackOffSettings settings)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, LinkedListNode<Guesser>> _guessers = [];
    private readonly LinkedList<Guesser> _byLastFailure = new();

    /// <summary>Addresses that were forgotten for new ones, ever.</summary>
    public long Forgotten { get; private set; }

    /// <summary>How long an address has to wait yet; zero: its key is looked at.</summary>
    public TimeSpan WaitOf(IPAddress address, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _guessers.TryGetValue(Source(address), out var node) && node.Value.WaitsUntil > now ? node.Value.WaitsUntil - now : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a wrong key.</summary>
    public void Failed(IPAddress address, DateTimeOffset now)
    {
        var source = Source(address);
        lock (_gate)
        {
            var failures = 0;
            if (_guessers.Remove(source, out var old))
            {
                _byLastFailure.Remove(old);
                if (now - old.Value.LastFailure < settings.LongestWait) failures = old.Value.Failures;
            }
            else if (_guessers.Count == settings.AddressLimit)
            {
                _guessers.Remove(_byLastFailure.First!.Value.Source);
                _byLastFailure.RemoveFirst();
                Forgotten++;
            }

            failures++;
            _guessers[source] = _byLastFailure.AddLast(new Guesser(source, failures, now, now + WaitAfter(failures)));
        }
    }

    /// <summary>Notes a right key: the address begins anew.</summary>
    public void Succeeded(IPAddress address)
    {
        lock (_gate)
        {
            if (_guessers.Remove(Source(address), out var node)) _byLastFailure.Remove(node);
        }
    }

    private static IPAddress Source(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private TimeSpan WaitAfter(int failures)
    {
        if (failures < settings.FreeFailures) return TimeSpan.Zero;
        var doublings = Math.Min(failures - settings.FreeFailures, 40);
        var wait = settings.FirstWait.TotalSeconds * Math.Pow(2, doublings);
        return wait < settings.LongestWait.TotalSeconds ? TimeSpan.FromSeconds(wait) : settings.LongestWait;
    }

    private readonly record struct Guesser(IPAddress Source, int Failures, DateTimeOffset LastFailure, DateTimeOffset WaitsUntil);
}
