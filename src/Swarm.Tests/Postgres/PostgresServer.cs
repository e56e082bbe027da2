using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Swarm.Tests.Interop.Clients;

namespace Swarm.Tests.Postgres;

/// <summary>
/// A PostgreSQL of the tests' own, in a temporary folder, on a free port of the loopback, where everybody is let in as the superuser. Stopped by its own process id; its folder goes with it.
/// <para>Always holds: the port and the data stay the same over <see cref="StopAsync"/> and <see cref="StartAsync"/>, so what was connected can find it again. Where the tests run as root, which PostgreSQL refuses, it runs as <c>postgres</c> or <c>nobody</c>.
/// If the tests are killed, the server and its folder go too: a shell waits for the end of a pipe from here, in a session of its own as the server is, so that what ends the tests does not end the shell.</para>
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // A machine under load takes its time for a start and a shutdown; nobody waits longer than needed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Reads until the tests have ended or closed the pipe; then the server, if there is one still and even if it is frozen, is ended, and the folder goes once nobody writes into it.
    private const string GuardScript = """
        read -r _
        if pid=$(head -n 1 data/postmaster.pid 2>/dev/null); then
          kill -CONT $pid $(cat /proc/$pid/task/$pid/children)
          kill -QUIT $pid
          for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $pid || break; sleep 1; done
        fi 2>/dev/null
        cd / && rm -rf "$1"
        """;

    private const int Continue = 18;
    private const int Stop = 19;
    private const int Quit = 3;

    private readonly string _binaries;
    private readonly string _folder;
    private readonly string[] _as;
    private readonly string _durability;
    private readonly Process _guard;
    private ClientProcess? _server;
    private int _databases;

    private PostgresServer(string binaries, string folder, string[] runAs, bool isDurable)
    {
        _binaries = binaries;
        _folder = folder;
        _as = runAs;
        _durability = isDurable ? "on" : "off";
        Port = FreePort();
        _guard = Process.Start(new ProcessStartInfo("setsid", ["/bin/sh", "-c", GuardScript, "sh", folder]) { WorkingDirectory = folder, RedirectStandardInput = true, UseShellExecute = false })!;
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Whether it has been started and not stopped.</summary>
    public bool IsRunning => _server is not null;

    /// <summary>That PostgreSQL is installed: skips the test, or fails it, where it is not.</summary>
    public static void Require() => InstalledClients.Demand(FindBinaries() is not null, "PostgreSQL's server is not installed: apt-get install postgresql");

    /// <summary>Makes and starts one. <paramref name="isDurable"/>: with fsync, for tests about what survives; without, everything is faster. Skips the test, or fails it, where PostgreSQL is not installed.</summary>
    public static async Task<PostgresServer> StartNewAsync(bool isDurable = false)
    {
        Require();
        var binaries = FindBinaries();
        var folder = Directory.CreateTempSubdirectory("swarm-postgres-").FullName;
        var runAs = Environment.IsPrivilegedProcess ? GiveTo(OtherUser(), folder) : [];
        var server = new PostgresServer(binaries!, folder, runAs, isDurable);
        try
        {
            await server.RunAsync("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database; how to connect to it. What else a connection is to be like can be added with a <see cref="NpgsqlConnectionStringBuilder"/>.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"d{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Starts it again, with the data and at the port it had. Ends when it takes connections.</summary>
    public async Task StartAsync()
    {
        if (_server is not null) throw new InvalidOperationException("The server runs.");
        _server = Launch("postgres", "-D", "data", "-p", Port.ToString(CultureInfo.InvariantCulture), "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", $"fsync={_durability}",
            "-c", "max_connections=250", "-c", "shared_buffers=32MB", "-c", "log_min_messages=log");
        await _server.LineAsync(static line => line.Contains("ready to accept connections", StringComparison.Ordinal), "that it is ready", Patience);
    }

    /// <summary>Stops it: connections are cut, transactions under way are undone. <paramref name="immediate"/>: as a crash of its processes does, with nothing written any more; it recovers at the next start.</summary>
    public async Task StopAsync(bool immediate = false)
    {
        if (_server is null) return;
        if (immediate) _server.Signal(Quit);
        else _server.Interrupt();
        await _server.ExitAsync(Patience);
        await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>Stops all its processes in the middle of what they do: connections stay, new ones are taken by the kernel, nothing is answered. Until <see cref="Thaw"/>.</summary>
    public void Freeze() => SignalAll(Stop);

    /// <summary>Lets it go on after <see cref="Freeze"/>.</summary>
    public void Thaw() => SignalAll(Continue);

    /// <summary>Seconds of processor time that its processes which live have used, for measurements. 0 while it is stopped.</summary>
    public double ProcessorSeconds() => Processes().Sum(static id => Stat(id) is { } stat ? (long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) / 100.0 : 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Thaw();
        await StopAsync();
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private static string? FindBinaries()
    {
        var packaged = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            : Enumerable.Empty<string>();
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(packaged.Select(static folder => Path.Combine(folder, "bin")))
            .FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));
    }

    // "name:x:uid:gid:...", as in passwd(5).
    private static string[] OtherUser()
    {
        var users = File.ReadAllLines("/etc/passwd").Select(static line => line.Split(':')).Where(static user => user.Length > 3).ToList();
        return users.Find(static user => user[0] == "postgres") ?? users.Find(static user => user[0] == "nobody") ?? throw new InvalidOperationException("Neither postgres nor nobody is a user here.");
    }

    // The words before a command that run it as that user, under the same process id.
    private static string[] GiveTo(string[] user, string folder)
    {
        using var chown = Process.Start("chown", [$"{user[2]}:{user[3]}", folder]);
        chown.WaitForExit();
        return ["setpriv", $"--reuid={user[2]}", $"--regid={user[3]}", "--clear-groups"];
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // The fields of /proc/PID/stat from the state on; null for a process that is gone. The name before them may hold spaces.
    private static string[]? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        await using var process = Launch(program, arguments);
        var code = await process.ExitAsync(Patience);
        if (code != 0) throw new InvalidOperationException($"{program} ended with {code}: {string.Join('\n', process.Lines)}");
    }

    private ClientProcess Launch(string program, params IEnumerable<string> arguments)
    {
        string[] words = ["setsid", .. _as, Path.Combine(_binaries, program), .. arguments];
        return ClientProcess.Start(program, words[0], _folder, words[1..]);
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}";

    // The server and its children, which are in groups of their own. The server first: while it stands it has no new ones.
    private void SignalAll(int signal)
    {
        _server?.Signal(signal);
        foreach (var child in Processes().Skip(1)) ClientProcess.Signal(child, signal);
    }

    private List<int> Processes()
    {
        if (_server is not { Id: var server }) return [];
        var children = File.ReadAllText($"/proc/{server}/task/{server}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [server, .. children.Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];
    }
}
