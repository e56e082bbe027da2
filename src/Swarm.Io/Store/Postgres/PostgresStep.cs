namespace Swarm.Io.Store.Postgres;

/// <summary>One step of the schema. <paramref name="Name"/> says for people what it makes, and is written down when it is done; <paramref name="Sql"/> is one or more statements, names without a schema.</summary>
internal sealed record PostgresStep(string Name, string Sql);
