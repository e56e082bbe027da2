namespace Swarm.Tests.Architecture;

/// <summary>
/// The rules of the design that a program can check, held against the sources of this repository. Each failure names file and line. An exception is a line in a list here, with its
/// reason; a list may shrink.
/// </summary>
public sealed class ArchitectureTests
{
    // The kernel's settings hold the real clock and draw a seed where the program gave none: this is where both come in.
    private static readonly string[] ClockAndSeed = ["src/Swarm.Kernel/ActorSystemImpl.cs", "src/Swarm.Kernel/ActorSystemSettings.cs"];

    // Read only through another type, whose fuzz test is theirs; or, by their name only, no parser.
    private static readonly (string Parser, string? FuzzedAs)[] FuzzedElsewhere = [("BencodeReader", "BencodeDocument"), ("HttpTrackerCodec", null)];

    // A library of its own has its own way to a file, behind an interface.
    private static readonly string[] ReadsFiles = ["src/Swarm.Hocon/HoconFiles.cs"];

    // Which actor runs on a thread is the thread's own, not shared.
    private static readonly string[] ThreadsOwn = ["src/Swarm.Kernel/ActorCell.cs", "src/Swarm.Kernel/CallingThread.cs"];

    [Fact]
    public void Projects_reference_only_what_their_layer_may()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        files.Count.ShouldBeGreaterThanOrEqualTo(6);
        Hold(files.SelectMany(file => References.Violations(
            Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file), name => File.ReadAllText(Path.Combine(Repository.Root, name)))));
    }

    [Fact]
    public void Actors_and_protocol_neither_wait_nor_lock_nor_start_threads_or_tasks() =>
        Hold(Repository.In("Swarm.Actors", "Swarm.Protocol"), WordRules.NoConcurrency);

    [Fact]
    public void Only_io_and_programs_read_clocks_chance_and_guids() =>
        Hold(Repository.NotIn("Swarm.Io", "Swarm.Host", "Swarm.Sim", "Swarm.Pbm", "Swarm.Tests", "bench").Except(ClockAndSeed), WordRules.NoAmbientChance);

    [Fact]
    public void Only_io_and_programs_touch_sockets_files_http_and_the_console() =>
        Hold(Repository.NotIn("Swarm.Io", "Swarm.Host", "Swarm.Sim", "Swarm.Pbm", "Swarm.Tests", "bench").Except(ReadsFiles), WordRules.NoWorld);

    [Fact]
    public void Actors_and_ports_do_not_name_the_actor_engine() =>
        Hold(Repository.In("Swarm.Actors", "Swarm.Io", "Swarm.Host", "Swarm.TestKit", "Swarm.Sim"), WordRules.NoEngineName);

    [Fact]
    public void Protocol_knows_no_actors() => Hold(Repository.In("Swarm.Protocol"), WordRules.NoEngineName);

    [Fact]
    public void Records_of_actors_are_sealed_and_immutable() => Hold(Repository.In("Swarm.Actors"), ShapeRules.RecordsAreImmutable);

    [Fact]
    public void Nothing_walks_a_table_in_the_order_of_its_hashes() =>
        Hold(Repository.In("Swarm.Actors", "Swarm.Protocol", "Swarm.Kernel"), ShapeRules.NoWalkOverHashOrder);

    [Fact]
    public void Every_parser_of_foreign_bytes_has_a_fuzz_test()
    {
        var fuzzed = Repository.In("Swarm.Tests").Where(source => source.Lines.Any(line => line.Contains("fuzz", StringComparison.OrdinalIgnoreCase)))
            .SelectMany(source => source.Code).SelectMany(WordsOf).ToHashSet(StringComparer.Ordinal);
        Hold(from source in Repository.In("Swarm.Protocol")
             from parser in ShapeRules.Parsers(source)
             let elsewhere = Array.Find(FuzzedElsewhere, entry => entry.Parser == parser.Name)
             where elsewhere.Parser is null ? !fuzzed.Contains(parser.Name) : elsewhere.FuzzedAs is not null && !fuzzed.Contains(elsewhere.FuzzedAs)
             select source.At(parser.Line, $"{parser.Name} is named in no test file that says \"fuzz\""));
    }

    [Fact]
    public void Files_are_short() => Hold(Repository.Sources, ShapeRules.FilesAreShort);

    [Fact]
    public void Methods_are_short() => Hold(Repository.NotIn("Swarm.Tests"), ShapeRules.MembersAreShort);

    [Fact]
    public void Namespaces_are_folders() => Hold(Repository.Sources, ShapeRules.NamespaceIsTheFolder);

    [Fact]
    public void Nothing_is_caught_and_forgotten() => Hold(Repository.Sources, WordRules.NoEmptyCatch);

    [Fact]
    public void Nothing_is_left_unfinished() => Hold(Repository.Sources, WordRules.NothingUnfinished);

    [Fact]
    public void Nothing_static_can_change() => Hold(Repository.NotIn("Swarm.Tests", "bench").Except(ThreadsOwn), WordRules.NoStaticState);

    [Fact]
    public void Queues_have_bounds() => Hold(Repository.NotIn("Swarm.Tests", "bench"), WordRules.NoUnboundedQueue);

    [Fact]
    public void Classes_are_named_for_what_they_are() => Hold(Repository.Sources, WordRules.NoUtilities);

    [Fact]
    public void Warnings_are_turned_off_with_a_reason() => Hold(Repository.Sources, WordRules.NoPragmaWithoutReason);

    [Fact]
    public void Tests_do_not_sleep() => Hold(Repository.In("Swarm.Tests"), WordRules.NoSleep);

    [Fact]
    public void Tests_are_not_skipped() => Hold(Repository.In("Swarm.Tests"), WordRules.NoSkip);

    [Fact]
    public void Exceptions_name_files_that_still_need_them()
    {
        Hold(Repository.Sources.Where(source => ThreadsOwn.Contains(source.Path) && !WordRules.NoStaticState(source).Any())
            .Concat(Repository.Sources.Where(source => ClockAndSeed.Contains(source.Path) && !WordRules.NoAmbientChance(source).Any()))
            .Concat(Repository.Sources.Where(source => ReadsFiles.Contains(source.Path) && !WordRules.NoWorld(source).Any()))
            .Select(source => source.At(0, "needs its exception no more")));
        var parsers = Repository.In("Swarm.Protocol").SelectMany(ShapeRules.Parsers).Select(parser => parser.Name).ToHashSet(StringComparer.Ordinal);
        FuzzedElsewhere.Select(entry => entry.Parser).ShouldBeSubsetOf(parsers);
        Hold(ThreadsOwn.Concat(ClockAndSeed).Concat(ReadsFiles).Where(path => Repository.Sources.All(source => source.Path != path)).Select(path => new Violation(path, 0, "is excepted and not there")));
    }

    private static string[] WordsOf(string line) =>
        new string([.. line.Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void Hold(IEnumerable<SourceFile> sources, Func<SourceFile, IEnumerable<Violation>> rule)
    {
        var held = sources.ToList();
        // A rule that looks at nothing holds nothing.
        held.ShouldNotBeEmpty();
        Hold(held.SelectMany(rule));
    }

    private static void Hold(IEnumerable<Violation> violations)
    {
        var found = violations.Select(violation => violation.ToString()).ToList();
        found.ShouldBeEmpty("\n" + string.Join("\n", found) + "\n");
    }
}
