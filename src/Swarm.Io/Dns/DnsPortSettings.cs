namespace Swarm.Io.Dns;

/// <summary>The limits of a <see cref="DnsPort"/>.</summary>
public sealed record DnsPortSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static DnsPortSettings Default { get; } = new();

    /// <summary>Look-ups under way at one time. The system's resolver holds a thread for each.</summary>
    public int Concurrency { get; init => field = Setting.InRange(value, 1, 256); } = 8;

    /// <summary>Look-ups that may wait for their turn; one more fails at once.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 4096;

    /// <summary>How long a look-up may take, waiting included.</summary>
    public TimeSpan Timeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(20);

    /// <summary>Addresses of one name that are told; the rest is dropped.</summary>
    public int AddressLimit { get; init => field = Setting.InRange(value, 1, 4096); } = 32;
}
