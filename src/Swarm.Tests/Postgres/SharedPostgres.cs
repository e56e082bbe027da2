using Swarm.Tests.Postgres;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Swarm.Tests.Postgres;

/// <summary>
/// The one <see cref="PostgresServer"/> of a test run, started when the first test asks for a database and stopped at the end. Tests take it as a parameter of their constructor. Who stops, kills or freezes a server starts one of its own.
/// </summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(static () => PostgresServer.StartNewAsync());

    /// <summary>How to connect to a new, empty database. Skips the test, or fails it, where PostgreSQL is not installed.</summary>
    public async Task<string> CreateDatabaseAsync() => await (await _server.Value).CreateDatabaseAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _server.Value).DisposeAsync();
    }
}
