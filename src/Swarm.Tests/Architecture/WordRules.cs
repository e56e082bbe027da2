using System.Text.RegularExpressions;

namespace Swarm.Tests.Architecture;

/// <summary>
/// Rules that are broken by a word: each finds, in the code or the comments of a source, what must not be said there. Where a rule holds is the caller's to say.
/// </summary>
internal static partial class WordRules
{
    /// <summary>Actors and protocols handle a message from start to end on whatever thread they are called on: nothing waits, locks or starts anything.</summary>
    public static IEnumerable<Violation> NoConcurrency(SourceFile source) => Find(source, Concurrency(), "waits, locks or runs something on its own");

    /// <summary>Time, chance and names come in through parameters, or a run could not be repeated.</summary>
    public static IEnumerable<Violation> NoAmbientChance(SourceFile source) => Find(source, AmbientChance(), "reads a clock, chance or a guid by itself");

    /// <summary>The world is behind the ports.</summary>
    public static IEnumerable<Violation> NoWorld(SourceFile source)
    {
        const string what = "touches sockets, files, HTTP, processes or the console";
        var found = Find(source, World(), what);
        // A type of one's own may have that name.
        return OwnSocket().IsMatch(source.AllCode) ? found : found.Concat(Find(source, Socket(), what));
    }

    /// <summary>Which engine runs the actors is said in ActorEngine.props and nowhere else.</summary>
    public static IEnumerable<Violation> NoEngineName(SourceFile source) => Find(source, EngineName(), "names the actor engine");

    /// <summary>What is not finished is not committed.</summary>
    public static IEnumerable<Violation> NothingUnfinished(SourceFile source) =>
        FindInComments(source, Unfinished(), "is unfinished").Concat(Find(source, NotImplemented(), "is not implemented"));

    /// <summary>A test waits for something, not for a while.</summary>
    public static IEnumerable<Violation> NoSleep(SourceFile source) => Find(source, Sleep(), "sleeps");

    /// <summary>A test that is skipped tests nothing. (One that misses a program on this machine says so at run time.)</summary>
    public static IEnumerable<Violation> NoSkip(SourceFile source) => Find(source, Skip(), "skips a test");

    /// <summary>Whatever queues has a bound.</summary>
    public static IEnumerable<Violation> NoUnboundedQueue(SourceFile source) => Find(source, UnboundedQueue(), "makes a queue without a bound");

    /// <summary>A class is named for what it is.</summary>
    public static IEnumerable<Violation> NoUtilities(SourceFile source) => Find(source, Utilities(), "is a bag of leftovers");

    /// <summary>A warning is turned off with a reason in words, on its line or the one before.</summary>
    public static IEnumerable<Violation> NoPragmaWithoutReason(SourceFile source) =>
        from line in Enumerable.Range(0, source.Code.Length)
        where PragmaDisable().IsMatch(source.Code[line])
              && string.IsNullOrWhiteSpace(source.Comments[line])
              && (line == 0 || string.IsNullOrWhiteSpace(source.Comments[line - 1]))
        select source.At(line, "turns a warning off without a reason: " + source.Lines[line].Trim());

    /// <summary>What is caught is dealt with. A block may be empty only where it names what it catches and says in a comment why nothing is to be done.</summary>
    public static IEnumerable<Violation> NoEmptyCatch(SourceFile source) =>
        from Match match in EmptyCatch().Matches(source.AllCode)
        let first = source.LineAt(match.Index)
        let last = source.LineAt(match.Index + match.Length)
        let explained = source.Comments[first..(last + 1)].Any(comment => !string.IsNullOrWhiteSpace(comment))
        let all = !match.Groups["what"].Success || (match.Groups["what"].Value is "Exception" or "System.Exception" && !match.Groups["filter"].Success)
        where all || !explained
        select source.At(first, "catches and does nothing: " + OneLine(match.Value));

    /// <summary>State belongs to an object somebody owns.</summary>
    public static IEnumerable<Violation> NoStaticState(SourceFile source) =>
        Find(source, StaticField(), "is static and can change").Concat(Find(source, StaticSetter(), "is static and can change"));

    private static IEnumerable<Violation> Find(SourceFile source, Regex words, string what) =>
        words.Matches(source.AllCode).Select(match => source.At(source.LineAt(match.Index + LeadingBlank(match.Value)), $"{what}: {OneLine(match.Value)}"));

    private static IEnumerable<Violation> FindInComments(SourceFile source, Regex words, string what) =>
        from line in Enumerable.Range(0, source.Comments.Length)
        from match in words.Matches(source.Comments[line])
        select source.At(line, $"{what}: {source.Comments[line].Trim()}");

    private static int LeadingBlank(string text) => text.Length - text.TrimStart().Length;

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"\b(async|await|Task|ValueTask|TaskCompletionSource|Thread|ThreadPool|Parallel|Monitor|Mutex|Semaphore|SemaphoreSlim|ManualResetEvent(Slim)?|AutoResetEvent|ReaderWriterLock(Slim)?|Lock|SpinLock|SpinWait|BlockingCollection|Channel)\b|\block\s*\(")]
    private static partial Regex Concurrency();

    [GeneratedRegex(@"\b(DateTime\s*\.\s*(Now|UtcNow|Today)|DateTimeOffset\s*\.\s*(Now|UtcNow)|TimeProvider\s*\.\s*System|Stopwatch|PeriodicTimer|Environment\s*\.\s*TickCount(64)?|Random\s*\.\s*Shared|RandomNumberGenerator|Guid\s*\.\s*(NewGuid|CreateVersion7))\b|\bnew\s+(System\s*\.\s*)?Random\s*\(\s*\)|\bRandom\??\s+\w+\s*(\{[^{}]*\}\s*)?=\s*new\s*\(\s*\)")]
    private static partial Regex AmbientChance();

    [GeneratedRegex(@"\b(SocketAsyncEventArgs|TcpClient|TcpListener|UdpClient|NetworkStream|SslStream|FileStream|FileInfo|DirectoryInfo|DriveInfo|FileSystemWatcher|RandomAccess|MemoryMappedFile|StreamWriter|StreamReader|HttpClient|HttpMessageInvoker|SocketsHttpHandler|HttpListener|ClientWebSocket|ProcessStartInfo)\b|(?<![\w.])(System\s*\.\s*(IO\s*\.\s*|Net\s*\.\s*|Diagnostics\s*\.\s*)?)?(File|Directory|Console|Dns|Process)\s*\.\s*[A-Z]\w*|\bEnvironment\s*\.\s*(Exit|FailFast)\b")]
    private static partial Regex World();

    [GeneratedRegex(@"\bnew\s+Socket\b|<\s*Socket\b|\bSockets\s*\.\s*Socket\b|(?<![\w.])Socket\??\s+(?!is\b|as\b|and\b|or\b|when\b|switch\b|not\b|in\b)\w+")]
    private static partial Regex Socket();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+Socket\b")]
    private static partial Regex OwnSocket();

    [GeneratedRegex(@"\b(Swarm\s*\.\s*Kernel|Akka\s*\.\s*(Actor|Event|Pattern))\b")]
    private static partial Regex EngineName();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bNotImplementedException\b")]
    private static partial Regex NotImplemented();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\s*\((?!\s*(Timeout\s*\.\s*Infinite|-1))")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[\s*(Fact|Theory|InlineData|MemberData)\s*\([^\]]*\bSkip\s*=")]
    private static partial Regex Skip();

    [GeneratedRegex(@"\bChannel\s*\.\s*CreateUnbounded\b|\bnew\s+BlockingCollection\s*<[^;()]*>\s*\(\s*\)|\bBlockingCollection\s*<[^;=]*>\s+\w+\s*=\s*(new\s*\(\s*\)|\[\s*\])")]
    private static partial Regex UnboundedQueue();

    [GeneratedRegex(@"\b(class|struct|record)\s+\w*(Utils?|Utilities|Helpers?|Misc|Common)\b")]
    private static partial Regex Utilities();

    [GeneratedRegex(@"^\s*#\s*pragma\s+warning\s+disable\b")]
    private static partial Regex PragmaDisable();

    [GeneratedRegex(@"\bcatch\b\s*(\(\s*(?<what>[\w.]+)(?:[^()]|\([^()]*\))*\)\s*)?(?<filter>\bwhen\b\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();

    // At the beginning of a member: no parenthesis before its end or its value, so neither methods nor what is inside of them.
    [GeneratedRegex(@"(?<=[;{}\]]\s*)\b(?:(?:public|private|protected|internal|volatile|unsafe|new)\s+)*static\s+(?!.*\b(?:readonly|const|class|record|struct|interface|partial|event|extern|operator|implicit|explicit|delegate)\b)(?:(?:volatile|unsafe|new)\s+)*[\w.<>,?\[\]\s]+?\s\w+\s*(?:;|=(?![>=])[^;]*;)")]
    private static partial Regex StaticField();

    [GeneratedRegex(@"\bstatic\b[^;{}()=]*\{\s*(?:(?:public|private|protected|internal)\s+)*get\s*;\s*(?:(?:public|private|protected|internal)\s+)*set\s*;")]
    private static partial Regex StaticSetter();
}
