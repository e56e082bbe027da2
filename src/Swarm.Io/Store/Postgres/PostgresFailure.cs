using System.Net.Sockets;
using Npgsql;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// What went wrong with a PostgreSQL database, for the one who decides (<see cref="Transient"/>: the same may succeed later) and for people (<see cref="Reason"/>: one line, says what to do). The states are
/// those of https://www.postgresql.org/docs/current/errcodes-appendix.html. A failed connection is always transient, for a node that runs: somebody may give it its password back. A start waits for what <see cref="MayPass"/> alone.
/// </summary>
internal readonly record struct PostgresFailure(string Reason, bool Transient)
{
    /// <summary>Whether it may pass while one does nothing but wait: a server that is away, starts, is full or busy; not what is wrong with the configuration or the database.</summary>
    public bool MayPass { get; private init; }

    /// <summary>Whether an exception is the database's or the network's, and not a bug.</summary>
    public static bool IsExpected(Exception e) => e is NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>Reads an exception about the database that people call <paramref name="database"/> (<see cref="PostgresDatabase.Name"/>).</summary>
    public static PostgresFailure Of(Exception e, string database)
    {
        var cause = Cause(e);
        var failure = Read(cause, database);
        return failure with { MayPass = failure.Transient && !IsOfConfiguration(cause) };
    }

    private static PostgresFailure Read(Exception cause, string database) => cause switch
    {
        PostgresException answer => Read(answer, $"The database {database}"),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            new($"The host of the database {database} is not known; check its name.", Transient: true),
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            new($"Nothing listens where the database {database} should be; start PostgreSQL, or check host and port.", Transient: true),
        SocketException socket => new($"The database {database} cannot be reached: {OneLine(socket.Message)}.", Transient: true),
        TimeoutException or OperationCanceledException => new($"The database {database} did not answer in time.", Transient: true),
        // Npgsql itself: a connection that broke in the middle, a server that speaks no TLS, no password given where one is asked for.
        _ => new($"The connection to the database {database} failed: {OneLine(cause.Message)}.", Transient: true),
    };

    private static PostgresFailure Read(PostgresException e, string database) => e.SqlState switch
    {
        "28P01" => new($"{database} refuses the user or the password; check both in the connection.", Transient: true),
        "28000" => new($"{database} does not let this user in from here: {OneLine(e.MessageText)}; check the user, and the server's pg_hba.conf.", Transient: true),
        "3D000" => new($"{database} does not exist; make it (createdb), or name another.", Transient: true),
        "42501" => new($"{database} does not allow it: {OneLine(e.MessageText)}; grant the user CREATE on the database, or make the schema and give it to him.", Transient: false),
        "53300" => new($"{database} has no connection left; close others, or raise its max_connections.", Transient: true),
        "53100" => new($"No space is left for {Lower(database)}; free some on its server.", Transient: true),
        "53200" => new($"{database} has not enough memory.", Transient: true),
        "55P03" => new($"{database} is busy: another transaction has been holding on to the same torrents for too long.", Transient: true),
        "57014" => new($"{database} took too long.", Transient: true),
        "25006" => new($"{database} can only be read: it is a standby, or was set so; name the primary.", Transient: true),
        "40001" or "40P01" => new($"{database} undid a transaction because of another one.", Transient: true),
        "42P01" or "42703" or "3F000" => new($"{database} has not the tables it should have: {OneLine(e.MessageText)}; restore a copy of it.", Transient: false),
        // Connection exceptions, shutdowns, crashes and starts, operator's interventions, transactions in which we fell silent.
        ['0', '8', ..] or ['5', '7', ..] or "25P03" or "25P04" => new($"{database} broke the connection off: {OneLine(e.MessageText)}.", Transient: true),
        ['X', 'X', ..] => new($"{database} is damaged: {OneLine(e.MessageText)}; restore a copy of it.", Transient: false),
        var state => new($"{database} failed: {OneLine(e.MessageText)} (state {state}).", Transient: false),
    };

    // Who may come in and where to is said by the configuration, at both ends. Npgsql calls transient what came of a connection that broke, and not what the two could not agree on.
    private static bool IsOfConfiguration(Exception cause) => cause is PostgresException answer ? answer.SqlState is "28P01" or "28000" or "3D000" : cause is NpgsqlException { IsTransient: false };

    // What Npgsql wraps says less than what it wraps.
    private static Exception Cause(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException or SocketException or TimeoutException) return cause;
        }

        return e;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static string Lower(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];
}
