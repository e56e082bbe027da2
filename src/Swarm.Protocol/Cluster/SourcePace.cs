namespace Swarm.Protocol.Cluster;

/// <summary>
/// How many .torrent files and links one batch for the tables may carry, to them and from them. Pure. What a source weighs that is to be read is known only when it is there, so the next batch goes by what the one before weighed.
/// <para>Always holds: at least one, at most <paramref name="most"/>. It grows twofold while twice as many would have stayed within <see cref="MostBytes"/>, shrinks to what would have, and is one after a batch that failed: that may have been too much for its time.</para>
/// </summary>
public sealed class SourcePace(int most)
{
    /// <summary>Bytes of sources in one batch, as far as it can be told beforehand: they go through the database's memory and its log, within a few seconds.</summary>
    public const long MostBytes = 8 << 20;

    /// <summary>Sources that one batch reads at most, whatever those before weighed: the next ones may weigh a thousand times as much.</summary>
    public const int MostRead = 64;

    private const int First = 16;

    /// <summary>Sources that the next batch may carry.</summary>
    public int Limit { get; private set; } = Math.Min(First, most);

    /// <summary>A batch was done that carried so many, of so many bytes together.</summary>
    public void Carried(int sources, long bytes)
    {
        if (sources == 0) return;
        if (bytes > MostBytes) Limit = (int)Math.Clamp(sources * MostBytes / bytes, 1, most);
        else if (sources >= Limit && bytes <= MostBytes / 2) Limit = Math.Min(Limit * 2, most);
    }

    /// <summary>A batch failed, or nobody knows.</summary>
    public void Failed() => Limit = 1;
}
