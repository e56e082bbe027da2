using System.Diagnostics;
using Swarm.Host.Output;

namespace Swarm.Host.Content;

/// <summary>Passes on how far hashing is, at the reporter's pace. Called from the hasher's threads, one at a time.</summary>
internal sealed class HashProgress(IReporter reporter, string name, long total)
{
    private long _shownAt = Stopwatch.GetTimestamp();

    /// <summary>Bytes done.</summary>
    public void Advance(long done)
    {
        if (Stopwatch.GetElapsedTime(_shownAt) < reporter.Interval) return;
        _shownAt = Stopwatch.GetTimestamp();
        reporter.Hashing(name, done, total);
    }
}
