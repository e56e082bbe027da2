namespace Swarm.Tests.Architecture;

/// <summary>Each rule against a planted violation and against what looks like one and is none: a rule that finds nothing anywhere would be green for ever.</summary>
public sealed class RuleSelfTests
{
    [Theory]
    [InlineData("async void F() { }")]
    [InlineData("var x = await y;")]
    [InlineData("private Task? _task;")]
    [InlineData("new Thread(Run)")]
    [InlineData("lock (_gate) { }")]
    [InlineData("private readonly Lock _gate = new();")]
    [InlineData("Channel.CreateBounded<int>(1)")]
    [InlineData("$\"{await X()}\"")]
    public void Waiting_and_locking_is_found(string code) => ShouldFind(WordRules.NoConcurrency, code);

    [Theory]
    [InlineData("// await the lock (and its Task)")]
    [InlineData("var s = \"await Task\";")]
    [InlineData("Interlocked.Increment(ref _x); Unlock(); TaskName = 1; awaited = 2;")]
    public void What_only_sounds_like_waiting_is_not(string code) => ShouldNotFind(WordRules.NoConcurrency, code);

    [Theory]
    [InlineData("DateTime.UtcNow")]
    [InlineData("System.DateTimeOffset . Now")]
    [InlineData("Stopwatch.GetTimestamp()")]
    [InlineData("Environment.TickCount64")]
    [InlineData("Random.Shared.Next()")]
    [InlineData("new Random()")]
    [InlineData("private readonly Random _random = new();")]
    [InlineData("Guid.NewGuid()")]
    [InlineData("TimeProvider.System")]
    public void Clocks_chance_and_guids_are_found(string code) => ShouldFind(WordRules.NoAmbientChance, code);

    [Theory]
    [InlineData("new Random(seed)")]
    [InlineData("private readonly Random _random = new(17);")]
    [InlineData("DateTimeOffset now")]
    [InlineData("timeProvider.GetUtcNow()")]
    public void Clocks_and_chance_that_come_in_are_not(string code) => ShouldNotFind(WordRules.NoAmbientChance, code);

    [Theory]
    [InlineData("new Socket(family, type, protocol)")]
    [InlineData("private readonly Socket _socket;")]
    [InlineData("List<Socket> sockets")]
    [InlineData("var x = new System.Net.Sockets.Socket(family, type, protocol);")]
    [InlineData("File.ReadAllBytes(path)")]
    [InlineData("System.IO.File.Exists(path)")]
    [InlineData("Directory.CreateDirectory(path)")]
    [InlineData("using FileStream stream = x;")]
    [InlineData("new HttpClient()")]
    [InlineData("Console.WriteLine()")]
    [InlineData("System.Console.Out")]
    [InlineData("Dns.GetHostAddresses(name)")]
    [InlineData("Environment.Exit(1)")]
    public void The_world_is_found(string code) => ShouldFind(WordRules.NoWorld, code);

    [Theory]
    [InlineData("using System.Net.Sockets; AddressFamily family; IPEndPoint remote; IPAddress address;")]
    [InlineData("region.File.Length; layout.Files[0]; new FileRegion(File: 1, 2, 3);")]
    [InlineData("private readonly Socket _v4 = new(); private sealed class Socket { }")]
    [InlineData("record Opened(IPEndPoint Requested, IUdpSocket Socket); if (Socket is null) Socket.Send(Socket); SocketError e;")]
    public void What_only_sounds_like_the_world_is_not(string code) => ShouldNotFind(WordRules.NoWorld, code);

    [Theory]
    [InlineData("using Swarm.Kernel;")]
    [InlineData("Swarm.Kernel.Props.Create()")]
    [InlineData("using Akka.Actor;")]
    public void Engine_s_name_is_found(string code) => ShouldFind(WordRules.NoEngineName, code);

    [Fact]
    public void Engine_s_name_in_a_comment_is_not() => ShouldNotFind(WordRules.NoEngineName, "/* Swarm.Kernel */ // Akka.Actor");

    [Theory]
    [InlineData("// TODO later")]
    [InlineData("/// <summary>FIXME</summary>")]
    [InlineData("/* a\n HACK */")]
    [InlineData("throw new NotImplementedException();")]
    public void Unfinished_work_is_found(string code) => ShouldFind(WordRules.NothingUnfinished, code);

    [Fact]
    public void Words_in_strings_are_not_unfinished_work() => ShouldNotFind(WordRules.NothingUnfinished, "var s = \"TODO // HACK\"; var todoList = 1;");

    [Theory]
    [InlineData("Thread.Sleep(10);")]
    [InlineData("await Task.Delay(10);")]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1));")]
    public void Sleep_is_found(string code) => ShouldFind(WordRules.NoSleep, code);

    [Fact]
    public void Waiting_for_ever_is_no_sleep() => ShouldNotFind(WordRules.NoSleep, "await Task.Delay(Timeout.Infinite, stop);");

    [Fact]
    public void Skipped_test_is_found() => ShouldFind(WordRules.NoSkip, "[Fact(Skip = \"later\")]");

    [Fact]
    public void Test_with_a_name_of_its_own_is_not_skipped() => ShouldNotFind(WordRules.NoSkip, "[Fact(DisplayName = \"Skip = x\")] void Skip() { list.Skip(1); }");

    [Theory]
    [InlineData("Channel.CreateUnbounded<int>()")]
    [InlineData("new BlockingCollection<int>()")]
    [InlineData("private readonly BlockingCollection<int> _queue = [];")]
    public void Queue_without_a_bound_is_found(string code) => ShouldFind(WordRules.NoUnboundedQueue, code);

    [Fact]
    public void Queue_with_a_bound_is_not() => ShouldNotFind(WordRules.NoUnboundedQueue, "new BlockingCollection<int>(16); Channel.CreateBounded<int>(16);");

    [Theory]
    [InlineData("public static class StringUtils { }")]
    [InlineData("internal sealed class WireHelper { }")]
    public void Bag_of_leftovers_is_found(string code) => ShouldFind(WordRules.NoUtilities, code);

    [Fact]
    public void Pragma_needs_a_reason_on_its_line_or_the_one_before()
    {
        ShouldFind(WordRules.NoPragmaWithoutReason, "\n#pragma warning disable CA1000");
        ShouldNotFind(WordRules.NoPragmaWithoutReason, "#pragma warning disable CA1000 // The reason.");
        ShouldNotFind(WordRules.NoPragmaWithoutReason, "// The reason.\n#pragma warning disable CA1000");
        ShouldNotFind(WordRules.NoPragmaWithoutReason, "#pragma warning restore CA1000");
    }

    [Theory]
    [InlineData("try { } catch { }")]
    [InlineData("try { } catch (Exception) { }")]
    [InlineData("try { } catch (IOException e) when (e.HResult == F(G(1)))\n{\n}")]
    [InlineData("try { } catch (Exception)\n{\n    // Whatever it was.\n}")]
    [InlineData("try { } catch\n{\n    // Whatever it was.\n}")]
    public void Empty_catch_is_found(string code) => ShouldFind(WordRules.NoEmptyCatch, code);

    [Theory]
    [InlineData("try { } catch (Exception e) when (e is A) { return; } catch { throw; }")]
    [InlineData("try { } catch (Exception e) when (e is A or B)\n{\n    // Either is the end that was wanted.\n}")]
    [InlineData("try { } catch (IOException)\n{\n    // The file is gone, which is what was wanted.\n}")]
    public void Catch_that_does_something_or_says_why_not_is_not(string code) => ShouldNotFind(WordRules.NoEmptyCatch, code);

    [Theory]
    [InlineData("class C { private static int _count; }")]
    [InlineData("class C { static List<int> _list = new(); }")]
    [InlineData("class C { public static int Count { get; private set; } }")]
    [InlineData("class C { int _a;\n [ThreadStatic] private static C? t_current; }")]
    public void Static_state_is_found(string code) => ShouldFind(WordRules.NoStaticState, code);

    [Theory]
    [InlineData("static class C { private static readonly int A = 1; private const int B = 2; public static int D { get; } = 3; }")]
    [InlineData("class C { private static int F() { int a; return a; } static int G(int x) => x; static partial void H(); public static C operator +(C a, C b) => a; }")]
    [InlineData("class C { private static int F() => 1; static C() { } static void M() { var f = static () => 1; } }")]
    [InlineData("using static System.Math; class C { public static int D => 3; static event Action? E; }")]
    public void What_is_static_and_cannot_change_is_not(string code) => ShouldNotFind(WordRules.NoStaticState, code);

    [Fact]
    public void File_of_as_many_lines_as_the_limit_is_short_and_one_more_is_not()
    {
        ShouldNotFind(ShapeRules.FilesAreShort, string.Concat(Enumerable.Repeat("//\n", ShapeRules.FileLines)));
        ShouldFind(ShapeRules.FilesAreShort, string.Concat(Enumerable.Repeat("//\n", ShapeRules.FileLines + 1)));
    }

    [Theory]
    [InlineData("void F()", "")]
    [InlineData("[Attribute(\"x\")]\n    private static IEnumerable<T> F<T>(Func<int, int> f = null)\n        where T : class", "if (x) { y(); }")]
    [InlineData("public C() : base(1)", "")]
    [InlineData("public static bool operator ==(C a, C b)", "")]
    [InlineData("int P", "get { return 1; }")]
    [InlineData("int F(int x) => x switch", "")]
    public void Member_of_as_many_lines_as_the_limit_is_short_and_one_more_is_not(string head, string first)
    {
        var own = head.Split('\n').Count(line => !line.StartsWith('['));
        string Source(int lines) =>
            $"namespace N;\n\nclass C\n{{\n    int _a = 1;\n\n    {head}\n    {{\n{first}\n{string.Concat(Enumerable.Repeat("//\n", lines - own - 3))}    }}\n\n    int _b;\n}}\n";
        ShouldNotFind(ShapeRules.MembersAreShort, Source(ShapeRules.MemberLines));
        Find(ShapeRules.MembersAreShort, Source(ShapeRules.MemberLines + 1)).ShouldHaveSingleItem().What.ShouldContain($"has {ShapeRules.MemberLines + 1} lines");
    }

    [Fact]
    public void Long_types_tables_and_nested_types_are_not_long_members()
    {
        var filler = string.Concat(Enumerable.Repeat("\n", ShapeRules.MemberLines));
        ShouldNotFind(ShapeRules.MembersAreShort, $"namespace N {{ class C {{ {filler} record R(int A) {{ {filler} }} int[] _x = new[] {{ {filler} }}; }} }}");
    }

    [Fact]
    public void Namespace_elsewhere_is_found()
    {
        ShouldFind(ShapeRules.NamespaceIsTheFolder, "namespace Swarm.Other;");
        ShouldNotFind(ShapeRules.NamespaceIsTheFolder, "namespace Swarm.Planted.Folder;");
    }

    [Theory]
    [InlineData("public record Open(int A);")]
    [InlineData("public record struct Mutable(int A);")]
    [InlineData("public sealed record Bytes(byte[] Data);")]
    [InlineData("public sealed record Listed(IReadOnlyList<int> Fine, List<string> Items);")]
    [InlineData("public sealed record Settable(int A) { public int B { get; set; } }")]
    [InlineData("sealed record Generic<T>(T[] Items) where T : class;")]
    public void Record_that_is_no_message_is_found(string code) => ShouldFind(ShapeRules.RecordsAreImmutable, code);

    [Theory]
    [InlineData("public sealed record Fine(ImmutableArray<byte> Data, string? Name = null) { public int B { get; init; } }")]
    [InlineData("public abstract record Base; public readonly record struct Value(int A); private sealed record Tick;")]
    [InlineData("sealed record A(int B);\nsealed class C { private int[] _x = []; public int D { get; set; } }")]
    [InlineData("var record = Load(); record.Save(); Open(record);")]
    public void Record_that_is_a_message_is_not(string code) => ShouldNotFind(ShapeRules.RecordsAreImmutable, code);

    [Theory]
    [InlineData("Dictionary<int, string> _x = []; void F() { foreach (var y in _x) { } }")]
    [InlineData("HashSet<int> _x = []; void F() { foreach (var y in this._x) { } }")]
    [InlineData("Dictionary<int, (int A, List<int> B)> x = []; foreach (var (a, b) in x.Values) { }")]
    [InlineData("var x = new HashSet<int>(); foreach (int y in x) { }")]
    public void Walk_in_hash_order_is_found(string code) => ShouldFind(ShapeRules.NoWalkOverHashOrder, code);

    [Theory]
    [InlineData("List<int> _x = []; Dictionary<int, int> _y = []; foreach (var y in _x) { }")]
    [InlineData("Dictionary<int, int> _y = []; foreach (var y in _y.OrderBy(p => p.Key)) { }")]
    [InlineData("SortedDictionary<int, int> _y = []; foreach (var y in _y) { }")]
    public void Walk_in_another_order_is_not(string code) => ShouldNotFind(ShapeRules.NoWalkOverHashOrder, code);

    [Fact]
    public void Parsers_are_known_by_their_names() =>
        ShapeRules.Parsers(Plant("public sealed class WireDecoder { } public ref struct BencodeReader { } public static class ReplyCodec { } internal class InfoParser { } public class Picker { } class X { BencodeReader r; }"))
            .Select(parser => parser.Name).ShouldBe(["WireDecoder", "BencodeReader", "ReplyCodec"]);

    [Theory]
    [InlineData("Swarm.Protocol", "<ProjectReference Include=\"../Swarm.Kernel/Swarm.Kernel.csproj\" />", 1)]
    [InlineData("Swarm.Protocol", "<PackageReference Include=\"Dapper\" />", 1)]
    [InlineData("Swarm.Actors", "<ProjectReference Include=\"../Swarm.Io/Swarm.Io.csproj\" />", 1)]
    [InlineData("Swarm.Actors", "<ProjectReference Include=\"..\\Swarm.Protocol\\Swarm.Protocol.csproj\" />", 0)]
    [InlineData("Swarm.Host", "<ProjectReference Include=\"../Swarm.TestKit/Swarm.TestKit.csproj\" />", 1)]
    [InlineData("Swarm.New", "", 1)]
    public void Reference_beyond_the_layer_is_found(string project, string reference, int expected) =>
        References.Violations($"src/{project}/{project}.csproj", $"<Project><ItemGroup>{reference}</ItemGroup></Project>", _ => "<Project/>").Count().ShouldBe(expected);

    [Fact]
    public void Imported_reference_counts_as_the_project_s_own() =>
        References.Violations("Swarm.Protocol.csproj", "<Project><Import Project=\"../../ActorEngine.props\" /></Project>",
            name => $"<Project><!-- {name} --><ItemGroup><ProjectReference Include=\"x/Swarm.Kernel.csproj\" /></ItemGroup></Project>").Count().ShouldBe(1);

    [Fact]
    public void Violation_names_file_and_line() =>
        Find(WordRules.NoConcurrency, "class C\n{\n    Task _x;\n}").ShouldHaveSingleItem().ToString().ShouldStartWith("src/Swarm.Planted/Folder/Planted.cs:3: ");

    private static SourceFile Plant(string code) => SourceFile.Parse("src/Swarm.Planted/Folder/Planted.cs", code);

    private static List<Violation> Find(Func<SourceFile, IEnumerable<Violation>> rule, string code) => [.. rule(Plant(code))];

    private static void ShouldFind(Func<SourceFile, IEnumerable<Violation>> rule, string code) => Find(rule, code).ShouldNotBeEmpty();

    private static void ShouldNotFind(Func<SourceFile, IEnumerable<Violation>> rule, string code) => Find(rule, code).Select(violation => violation.ToString()).ShouldBeEmpty();
}
