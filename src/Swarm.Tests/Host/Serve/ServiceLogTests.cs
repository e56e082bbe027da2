using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Swarm.Host.Configuration;
using Swarm.Host.Output;

namespace Swarm.Tests.Host.Serve;

public sealed class ServiceLogTests
{
    private static readonly LogSettings Levels = new()
    {
        Level = LogLevel.Warning,
        Levels = ImmutableSortedDictionary<string, LogLevel>.Empty.Add("Swarm", LogLevel.Information).Add("Swarm.Dht", LogLevel.Debug).Add("Swarm.Dht.Lookup", LogLevel.None),
    };

    [Theory]
    [InlineData("Microsoft.AspNetCore", LogLevel.Warning)]
    [InlineData("Swarm", LogLevel.Information)]
    [InlineData("Swarm.Net", LogLevel.Information)]
    [InlineData("Swarm.Dht", LogLevel.Debug)]
    [InlineData("Swarm.DhtV4", LogLevel.Information)]
    [InlineData("Swarm.Dht.Bucket", LogLevel.Debug)]
    [InlineData("Swarm.Dht.Lookup.Closest", LogLevel.None)]
    public void The_longest_category_that_fits_decides(string category, LogLevel expected) => ServiceLog.LevelOf(category, Levels).ShouldBe(expected);

    [Fact]
    public void Levels_change_while_loggers_are_held()
    {
        var written = new WatchedWriter();
        using var log = ServiceLog.Open(new LogSettings(), written);
        var logger = log.CreateLogger("Swarm.Net");
        Write(logger, LogLevel.Debug, "first");
        log.Apply(new LogSettings { Level = LogLevel.Debug });
        Write(logger, LogLevel.Debug, "second\nline");
        written.ToString().ShouldEndWith(" debug Swarm.Net: second line\n");
        written.ToString().ShouldNotContain("first");
    }

    [Fact]
    public void An_entry_in_json_is_one_line_with_its_fields()
    {
        var written = new WatchedWriter();
        using var log = ServiceLog.Open(new LogSettings { Format = LogFormat.Json }, written);
        var fields = new KeyValuePair<string, object?>[] { new("Port", 6881), new("{OriginalFormat}", "x") };
        log.CreateLogger("Swarm.Net").Log(LogLevel.Error, new EventId(1, "LogIt"), fields, new InvalidOperationException("bad"), static (_, _) => "two\nlines");
        var entry = JsonDocument.Parse(written.ToString().ShouldNotBeNull().TrimEnd('\n')).RootElement;
        written.ToString().Count(c => c == '\n').ShouldBe(1);
        entry.GetProperty("level").GetString().ShouldBe("error");
        entry.GetProperty("event").GetString().ShouldBe("LogIt");
        entry.GetProperty("message").GetString().ShouldBe("two\nlines");
        entry.GetProperty("fields").GetProperty("Port").GetString().ShouldBe("6881");
        entry.GetProperty("exception").GetString()!.ShouldContain("bad");
        entry.GetProperty("fields").EnumerateObject().Count().ShouldBe(1);
    }

    private static void Write(ILogger logger, LogLevel level, string text) => logger.Log(level, default, text, null, static (text, _) => text);
}
