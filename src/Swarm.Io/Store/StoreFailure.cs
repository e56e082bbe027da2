using Microsoft.Data.Sqlite;

namespace Swarm.Io.Store;

/// <summary>
/// What went wrong with a database, for the one who decides (<see cref="Transient"/>: the same may succeed later) and for people (<see cref="Reason"/>: one line, says what to do).
/// The result codes are SQLite's (https://www.sqlite.org/rescode.html).
/// </summary>
internal readonly record struct StoreFailure(string Reason, bool Transient)
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int OutOfMemory = 7;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;
    private const int SharedMemorySize = 4874;

    /// <summary>Reads an error of SQLite about the database file at <paramref name="path"/>.</summary>
    public static StoreFailure Of(SqliteException e, string path) => (e.SqliteErrorCode, e.SqliteExtendedErrorCode) switch
    {
        (Busy or Locked, _) => new($"The store {path} is busy: another process has been writing to it for too long.", Transient: true),
        // The shared-memory file of the write-ahead log grows only where the disk is full; SQLite reports it as an I/O error.
        (Full, _) or (_, SharedMemorySize) => new($"No space is left for the store {path}; free some on its disk.", Transient: true),
        (OutOfMemory, _) => new($"There was not enough memory to write the store {path}.", Transient: true),
        (ReadOnly, _) => new($"The store {path} cannot be written; check the permissions of the file and of its folder.", Transient: false),
        (CannotOpen, _) => new($"The store {path} cannot be opened; check that it is a file and its permissions.", Transient: false),
        (NotADatabase, _) => new($"The file {path} is not a Swarm store; use another data folder, or move the file away to start empty.", Transient: false),
        (Corrupt, _) => new($"The store {path} is damaged; restore a copy of it, or move it away to start empty.", Transient: false),
        (var code, var extended) => new($"The store {path} failed: {OneLine(e.Message)} (code {code}, {extended}).", Transient: false),
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
