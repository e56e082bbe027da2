using Swarm.Io.Store.Postgres;

namespace Swarm.Tests.Io.Store.Postgres;

/// <summary>What people write to name a database.</summary>
public sealed class PostgresConnectionTextTests
{
    [Theory]
    [InlineData("Host=db.example;Port=6000;Database=swarm;Username=bee;Password=a b;SSL Mode=Require")]
    [InlineData("postgresql://bee:a%20b@db.example:6000/swarm?sslmode=require")]
    [InlineData("POSTGRES://bee:a%20b@db.example:6000/swarm?SSL%20Mode=Require")]
    public void Both_forms_say_the_same(string text)
    {
        var read = PostgresConnectionText.Parse(text, out var error).ShouldNotBeNull(error);
        (read.Host, read.Port, read.Database, read.Username, read.Password, read.SslMode).ShouldBe(("db.example", 6000, "swarm", "bee", "a b", Npgsql.SslMode.Require));
    }

    [Fact]
    public void A_uri_may_leave_out_all_but_the_host_and_bring_any_key()
    {
        var read = PostgresConnectionText.Parse("postgresql://[2001:db8::1]?application_name=hive%26co", out _).ShouldNotBeNull();
        (read.Host, read.Port, read.Database, read.Username, read.ApplicationName).ShouldBe(("2001:db8::1", 5432, null, null, "hive&co"));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("Host=db;Passwort=secret")]
    [InlineData("Host=db;Port=secret")]
    [InlineData("Password=secret")]
    [InlineData("postgresql://u:secret@")]
    [InlineData("postgresql://u:se/cret@db/x?secret=secret")]
    [InlineData("postgresql://u:secret@db/x?port=secret")]
    [InlineData("postgres://")]
    public void What_is_wrong_is_told_without_the_text(string text)
    {
        PostgresConnectionText.Parse(text, out var error).ShouldBeNull();
        error.ShouldNotBeNullOrWhiteSpace();
        error.ShouldNotContain('\n');
        if (!text.Contains("?secret=")) error.ShouldNotContain("secret");
        PostgresSettings.ConnectionProblem(text).ShouldBe(error);
    }

    [Theory]
    [InlineData("swarm", true)]
    [InlineData("_a9", true)]
    [InlineData("Swarm", false)]
    [InlineData("9a", false)]
    [InlineData("pg_swarm", false)]
    [InlineData("a-b", false)]
    [InlineData("a\"b", false)]
    [InlineData("", false)]
    public void A_schema_is_a_name_that_needs_no_quotes(string schema, bool isGood)
    {
        (PostgresSettings.SchemaProblem(schema) is null).ShouldBe(isGood);
        PostgresSettings.SchemaProblem(new string('a', 63)).ShouldBeNull();
        PostgresSettings.SchemaProblem(new string('a', 64)).ShouldNotBeNull();
    }

    [Fact]
    public void Settings_do_not_show_the_connection() =>
        new PostgresStoreSettings { Database = new PostgresSettings { Connection = "Host=db;Password=secret" } }.ToString().ShouldNotContain("secret");
}
