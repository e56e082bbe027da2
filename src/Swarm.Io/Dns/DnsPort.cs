using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Dns;

/// <summary>
/// <see cref="IDns"/> over the system's resolver. Called from any thread; an address literal is answered by the caller's thread (as a message), names by the thread pool.
/// <para>Owns the turns: the system's resolver cannot be interrupted, so a look-up that was given up for its time-out keeps its turn until the system lets go. Thus a resolver that
/// hangs costs a bounded number of threads, and those who wait get their failure in time.</para>
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Nobody asks for the semaphore's wait handle, so there is nothing to dispose, and look-ups that cannot be interrupted still give their turns back.")]
public sealed class DnsPort : IDns
{
    private const int LongestName = 253;
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    private readonly DnsPortSettings _settings;
    private readonly Func<string, Task<IPAddress[]>> _lookUp;
    private readonly SemaphoreSlim _turns;
    private int _pending;
    private long _refused;

    /// <summary>A port over the system's resolver.</summary>
    public DnsPort(DnsPortSettings settings) : this(settings, System.Net.Dns.GetHostAddressesAsync) { }

    /// <summary>A port over another resolver. For tests.</summary>
    internal DnsPort(DnsPortSettings settings, Func<string, Task<IPAddress[]>> lookUp)
    {
        _settings = settings;
        _lookUp = lookUp;
        _turns = new SemaphoreSlim(settings.Concurrency);
    }

    /// <summary>Look-ups that were refused because too many waited, ever.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <inheritdoc/>
    public void Resolve(long id, string host, IActorRef replyTo)
    {
        if (Literal(host) is { } address)
        {
            replyTo.Tell(new IDns.Resolved(id, host, [address]), ActorRefs.NoSender);
            return;
        }

        var name = AsciiName(host);
        string? refusal = name is null ? $"'{Shown(host)}' is not a host name." : null;
        if (refusal is null && Interlocked.Increment(ref _pending) > _settings.Concurrency + _settings.QueueLimit)
        {
            Interlocked.Decrement(ref _pending);
            Interlocked.Increment(ref _refused);
            refusal = "Too many host names wait to be looked up already.";
        }

        if (refusal is null) _ = Task.Run(() => RunAsync(id, host, name!, replyTo));
        else replyTo.Tell(new IDns.Failed(id, host, refusal), ActorRefs.NoSender);
    }

    // "1" and "0x7f.1" are addresses to the system's parser, and "[::1]:80" too. Here only what people write as an address is one.
    private static IPAddress? Literal(string host)
    {
        var bare = host is ['[', .., ']'] ? host[1..^1] : host;
        if (!IPAddress.TryParse(bare, out var address)) return null;
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? bare.Contains('[', StringComparison.Ordinal) ? null : address
            : bare.Length == host.Length && address.ToString() == bare ? address : null;
    }

    private static string? AsciiName(string host)
    {
        if (string.IsNullOrWhiteSpace(host) || host.Length > LongestName * 4) return null;
        try
        {
            var name = new IdnMapping { AllowUnassigned = false }.GetAscii(host);
            var bare = name.AsSpan().TrimEnd('.');
            // A lone dot, or nothing, would ask for this machine's own name.
            return bare.IsEmpty || bare.Length > LongestName || bare.ContainsAnyExcept(NameCharacters) ? null : name;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Shown(string host) => host.Length <= 64 ? host.ReplaceLineEndings(" ") : host[..64].ReplaceLineEndings(" ") + "...";

    private async Task RunAsync(long id, string host, string name, IActorRef replyTo)
    {
        object answer;
        try
        {
            answer = await LookUpAsync(id, host, name).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            answer = new IDns.Failed(id, host, $"{host} was not resolved within {_settings.Timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception e)
        {
            // A resolver throws what it likes (SocketException for no such name, ArgumentException for a name it does not like); to who asks it is all one.
            answer = new IDns.Failed(id, host, $"{host} has no address: {e.Message.ReplaceLineEndings(" ")}");
        }

        Interlocked.Decrement(ref _pending);
        replyTo.Tell(answer, ActorRefs.NoSender);
    }

    private async Task<object> LookUpAsync(long id, string host, string name)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout);
        await _turns.WaitAsync(limit.Token).ConfigureAwait(false);
        var lookUp = StartAsync(name);
        var addresses = await lookUp.WaitAsync(limit.Token).ConfigureAwait(false);
        var told = addresses.Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            .Distinct().Take(_settings.AddressLimit).ToArray();
        return told.Length > 0 ? new IDns.Resolved(id, host, [.. told]) : new IDns.Failed(id, host, $"{host} has no address.");
    }

    // Ends when the resolver does, whoever still waits for it, and gives the turn back only then.
    private async Task<IPAddress[]> StartAsync(string name)
    {
        try
        {
            return await _lookUp(name).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }
}
