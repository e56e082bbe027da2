namespace Swarm.TestKit.Disk;

/// <summary>What can be made to fail on a part of a disk.</summary>
[Flags]
public enum DiskOperations
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reading, whoever does it.</summary>
    Read = 1,

    /// <summary>Writing and creating.</summary>
    Write = 2,

    /// <summary>Forcing to the disk.</summary>
    Flush = 4,

    /// <summary>All of these.</summary>
    All = Read | Write | Flush,
}
