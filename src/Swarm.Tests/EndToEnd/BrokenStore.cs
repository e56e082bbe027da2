using Microsoft.Data.Sqlite;

namespace Swarm.Tests.EndToEnd;

/// <summary>Breaks the store of a running node for good.</summary>
internal static class BrokenStore
{
    public static void DropTables(string dataFolder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataFolder, "swarm.db")};Pooling=False;Default Timeout=30");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TABLE progress; DROP TABLE torrents; DROP TABLE leases";
        command.ExecuteNonQuery();
    }
}
