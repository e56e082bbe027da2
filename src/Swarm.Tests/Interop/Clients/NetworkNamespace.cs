using System.Globalization;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// A network namespace of Linux with addresses of 10.77.0.0/24 on its loopback device: for clients that ignore 127/8. It lives as long as the shell that holds it; nothing of it is seen outside. Making one takes root.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000;
    private const int Addresses = 60;

    private readonly SafeFileHandle _handle;

    private NetworkNamespace(string path)
    {
        _handle = File.OpenHandle(path);
        EnterArguments = [$"--net={path}", "--"];
    }

    /// <summary>The program that runs another one in here: <see cref="EnterArguments"/>, then the other one's command line. It becomes the other one, so signals reach that.</summary>
    public static string Enter => "nsenter";

    /// <summary>How it is told where.</summary>
    public IReadOnlyList<string> EnterArguments { get; }

    /// <summary>One with its addresses in place; it ends with the scenario.</summary>
    public static async Task<NetworkNamespace> StartAsync(InstalledClients installed, Scenario scenario)
    {
        installed.RequireRoot("a network namespace");
        var add = string.Join("; ", Enumerable.Range(1, Addresses).Select(last => $"ip address add {AddressOf(last)}/32 dev lo"));
        var holder = scenario.Own(ClientProcess.Start("network namespace", installed.Require("unshare", "util-linux"), scenario.Root, "--net", "sh", "-ec", $"{installed.Require("ip", "iproute2")} link set lo up; {add}; echo ready; read end"));
        await holder.LineAsync(static line => line == "ready", "that its addresses are there", Scenario.StartPatience);
        return scenario.Own(new NetworkNamespace(string.Create(CultureInfo.InvariantCulture, $"/proc/{holder.Id}/ns/net")));
    }

    /// <summary>The address with this last number, 1 to 60.</summary>
    public string Address(int last) => last <= Addresses ? AddressOf(last) : throw new ArgumentOutOfRangeException(nameof(last), last, "a network has 60 addresses");

    /// <summary>A TCP socket of this network, to be used from anywhere.</summary>
    public Socket NewSocket()
    {
        // A socket belongs to the network of the thread that made it. This one ends right after, so that nothing else comes to be in the wrong network.
        Socket? made = null;
        ExceptionDispatchInfo? failure = null;
        var maker = new Thread(() =>
        {
            try
            {
                if (SetNamespace(_handle, NewNetwork) != 0) throw new IOException($"the network namespace cannot be entered: {Marshal.GetLastPInvokeErrorMessage()}");
                made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        maker.Start();
        maker.Join();
        failure?.Throw();
        return made!;
    }

    public void Dispose() => _handle.Dispose();

    private static string AddressOf(int last) => string.Create(CultureInfo.InvariantCulture, $"10.77.0.{last}");

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetNamespace(SafeFileHandle network, int kind);
}
