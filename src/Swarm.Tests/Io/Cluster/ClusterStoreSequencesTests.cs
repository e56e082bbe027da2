using System.Collections.Immutable;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>
/// PostgreSQL does what <see cref="ClusterTables"/> do: the same batches of random commands of several nodes, at the same moments, have the same outcomes one by one, and leave the same tables behind. Commands are drawn so that most are near what
/// the tables hold: members that are there or just ended, the last version or the one before, the last token or another.
/// </summary>
public sealed class ClusterStoreSequencesTests(SharedPostgres postgres)
{
    private const int Batches = 500;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Any_sequence_of_batches_has_the_outcomes_of_the_state_machine(int seed)
    {
        var database = await postgres.CreateDatabaseAsync();
        var now = 0L;
        var random = new Random(seed);
        var commands = new RandomClusterCommands(random);
        var tables = ClusterTables.Empty;
        await using var one = PostgresClusterStores.Open(database, _ => now);
        await using var two = PostgresClusterStores.Open(database, _ => now);
        var kinds = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Batches; i++)
        {
            now += random.Next(10) == 0 ? 20 * Some.Second : (long)(random.NextDouble() * Some.Second);
            ImmutableArray<ClusterCommand> batch = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => commands.Next(tables))];
            tables = tables.Do(batch, now, out var expected);
            var outcomes = await (i % 2 == 0 ? one : two).DoAsync(batch);
            outcomes.Select(ClusterStoreCalls.Text).ShouldBe(expected.Select(ClusterStoreCalls.Text), $"batch {i} of seed {seed}: {string.Join(", ", batch)}");
            foreach (var (command, outcome) in batch.Zip(expected)) kinds.Add($"{command.GetType().Name}: {outcome.GetType().Name}");
        }

        tables.Do(new ClusterCommand.Read(0, int.MaxValue), now, out var whole);
        ClusterStoreCalls.Text(await one.DoAsync(new ClusterCommand.Read(0, int.MaxValue))).ShouldBe(ClusterStoreCalls.Text(whole));
        foreach (var torrent in tables.Torrents.Keys)
        {
            tables.Do(new ClusterCommand.LoadSource(torrent), now, out var source);
            ClusterStoreCalls.Text(await two.DoAsync(new ClusterCommand.LoadSource(torrent))).ShouldBe(ClusterStoreCalls.Text(source), torrent.ToString());
        }

        // That nearly everything came about that can: 33 kinds can.
        kinds.Count.ShouldBeGreaterThan(24, string.Join("\n", kinds));
    }
}
