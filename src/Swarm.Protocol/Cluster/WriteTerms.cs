using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// A time within which the storages below a folder may be written: a session of the cluster as the disk knows it. Moments are ticks of the node's monotonic clock. Read by any thread, right before each write.
/// </summary>
public sealed class WriteTerm(string root, long number)
{
    private long _untilTicks;

    /// <summary>The folder, without a slash at its end.</summary>
    public string Root { get; } = root;

    /// <summary>Whose term of that folder it is; those of later owners have greater numbers.</summary>
    public long Number { get; } = number;

    /// <summary>When it ends; moved on with each renewal, and back when it ends early.</summary>
    public long UntilTicks
    {
        get => Volatile.Read(ref _untilTicks);
        internal set => Volatile.Write(ref _untilTicks, value);
    }

    /// <summary>Whether there may be written at a moment.</summary>
    public bool Allows(long nowTicks) => nowTicks < UntilTicks;
}

/// <summary>
/// The newest write term of each folder, for whoever opens storages. A storage belongs to the term that it was opened in, and to no other: what a process has queued under a session that it lost is not written under the next.
/// <para>Set by one caller, read by any thread. One entry a folder, and only a cluster's folder has any.</para>
/// </summary>
public sealed class WriteTerms
{
    private ImmutableArray<WriteTerm> _terms = [];

    /// <summary>
    /// A term of a folder lasts until a moment. A greater number begins another, and so does the same number when the term had ended by now: others may have written since. A smaller one changes nothing.
    /// </summary>
    public void Set(string root, long number, long untilTicks, long nowTicks)
    {
        root = root.TrimEnd('/');
        var known = _terms.FirstOrDefault(term => term.Root == root);
        if (known?.Number > number) return;
        var term = known?.Number == number && known.Allows(nowTicks) ? known : new WriteTerm(root, number);
        term.UntilTicks = untilTicks;
        if (term != known) ImmutableInterlocked.Update(ref _terms, static (terms, begun) => [.. terms.Where(other => other.Root != begun.Root), begun], term);
    }

    /// <summary>The term that a storage below a path belongs to when it is opened now; null: none, it may be written at any time.</summary>
    public WriteTerm? Of(string path)
    {
        foreach (var term in _terms)
        {
            if (path.StartsWith(term.Root, StringComparison.Ordinal) && (path.Length == term.Root.Length || path[term.Root.Length] == '/')) return term;
        }

        return null;
    }
}
