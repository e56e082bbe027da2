using Microsoft.Win32.SafeHandles;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public sealed class FileWindowsTests : IDisposable
{
    private const int Window = 128 << 10;
    private const int DontNeed = 4;
    private readonly DiskTally _tally = new();
    private readonly List<string> _paths = [];
    private readonly List<SafeFileHandle> _files = [];

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
        foreach (var path in _paths) File.Delete(path);
    }

    [Fact]
    public void A_window_is_shared_and_at_the_limit_the_one_unused_for_longest_goes()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(3);
        var file = FileOf(1 << 20);
        var first = windows.TryLease(file, 5)!;
        windows.TryLease(file, Window - 1).ShouldBeSameAs(first, "both bytes lie in it");
        windows.Return(first);
        windows.Return(first);
        for (var i = 1; i < 3; i++) windows.Return(windows.TryLease(file, i * Window)!);
        windows.MappedBytes.ShouldBe(3 * Window);
        windows.Return(windows.TryLease(file, 0)!);

        windows.Return(windows.TryLease(file, 3 * Window)!);
        windows.MappedBytes.ShouldBe(3 * Window);
        first.Dead.ShouldBeFalse("it was used last but one");
        var again = windows.TryLease(file, 0)!;
        again.ShouldBeSameAs(first);
        windows.Return(again);
        Volatile.Read(ref _tally.MapRefusals).ShouldBe(0);
    }

    [Fact]
    public void While_every_window_is_in_use_the_answer_is_null_and_counted()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(2);
        var file = FileOf(1 << 20);
        var leased = new[] { windows.TryLease(file, 0)!, windows.TryLease(file, Window)! };
        windows.TryLease(file, 2 * Window).ShouldBeNull();
        Volatile.Read(ref _tally.MapRefusals).ShouldBe(1);
        windows.Return(leased[0]);
        var next = windows.TryLease(file, 2 * Window).ShouldNotBeNull();
        windows.Return(leased[1]);
        windows.Return(next);
    }

    [Fact]
    public void Nothing_is_mapped_where_the_settings_allow_nothing()
    {
        using var windows = Make(0);
        windows.TryLease(FileOf(10), 0).ShouldBeNull();
        windows.MappedBytes.ShouldBe(0);
    }

    [Fact]
    public void A_file_that_is_closed_keeps_no_window_but_one_in_use_until_it_is_given_back()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(4);
        using var cache = new HandleCache(4, windows.Forget);
        var file = cache.AddAndLease(new(1), 0, FileOf(1 << 20), false);
        var used = windows.TryLease(file, 0)!;
        windows.Return(windows.TryLease(file, Window)!);
        cache.Evict(new(1), 0);
        windows.MappedBytes.ShouldBe(0);
        IsMapped(used).ShouldBeTrue("it is being sent from");
        windows.Return(used);
        IsMapped(used).ShouldBeFalse();
        file.DangerousRelease();
        windows.TryLease(file, 0).ShouldBeNull("the file is closed");
    }

    [Fact]
    public void What_was_not_used_for_two_sweeps_is_let_go_of()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(4);
        var file = FileOf(1 << 20);
        windows.Return(windows.TryLease(file, 0)!);
        windows.Return(windows.TryLease(file, Window)!);
        windows.Trim();
        windows.Return(windows.TryLease(file, 0)!);
        windows.MappedBytes.ShouldBe(2 * Window);
        windows.Trim();
        windows.MappedBytes.ShouldBe(Window);
        windows.Trim();
        windows.MappedBytes.ShouldBe(0);
    }

    [Fact]
    public void A_run_that_the_file_holds_can_be_prepared_and_one_behind_a_cut_cannot()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(4);
        var file = FileOf(Window + 100_000);
        var last = windows.TryLease(file, Window)!;
        last.TryPrepare(Window, 100_000, Window + 100_000).ShouldBeTrue();
        RandomAccess.SetLength(file, Window + 10_000);
        var fresh = windows.TryLease(file, 0)!;
        fresh.TryPrepare(0, Window, Window).ShouldBeTrue();

        // The length that was looked at is not true any more: the kernel says so, and no signal comes.
        windows.Forget(file);
        var anew = windows.TryLease(file, Window)!;
        anew.TryPrepare(Window, 100_000, Window + 100_000).ShouldBeFalse();
        foreach (var window in new[] { last, fresh, anew }) windows.Return(window);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_preparing_every_page_of_a_run_is_in_memory_whether_or_not_it_was_before(bool cold)
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(1);
        var file = FileOf(Window - 5_000);
        RandomAccess.FlushToDisk(file);
        if (cold) _ = LinuxNative.Advise(file, 0, 0, DontNeed);
        var window = windows.TryLease(file, 0)!;
        window.TryPrepare(0, Window - 5_000, Window - 5_000).ShouldBeTrue();
        LinuxNative.IsInMemory(window.Address, Window - 5_000).ShouldBeTrue();
        windows.Return(window);
    }

    [Fact]
    public void A_file_that_cannot_be_mapped_is_asked_for_once()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(4);
        var device = File.OpenHandle("/dev/null");
        _files.Add(device);
        windows.TryLease(device, 0).ShouldBeNull();
        windows.TryLease(device, 5).ShouldBeNull();
        Volatile.Read(ref _tally.MapRefusals).ShouldBe(2);
        windows.MappedBytes.ShouldBe(Window, "a place in the table remembers it");
    }

    [Fact]
    public void Many_threads_that_lease_prepare_and_trim_at_once_never_meet_a_window_that_is_gone()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var windows = Make(3);
        var file = FileOf(8 * Window);
        var failures = 0;
        var threads = Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 5_000; i++)
            {
                var offset = random.Next((8 * Window) - 1);
                var count = Math.Min(random.Next(1, Window), Window - (offset % Window));
                if (windows.TryLease(file, offset) is not { } window) continue;
                if (!window.TryPrepare(offset, count, 8 * Window)) Interlocked.Increment(ref failures);
                if (random.Next(50) == 0) windows.Forget(file);
                if (random.Next(50) == 0) windows.Trim();
                windows.Return(window);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        failures.ShouldBe(0);
        windows.Forget(file);
        windows.MappedBytes.ShouldBe(0);
    }

    private static bool IsMapped(FileWindow window) => File.ReadLines("/proc/self/maps").Any(line => line.StartsWith($"{window.Address:x}-", StringComparison.Ordinal));

    private FileWindows Make(int count) => new(new DiskSettings { MappedBytes = count * (long)Window, MappedWindowBytes = Window }, _tally);

    private SafeFileHandle FileOf(int length)
    {
        var path = Path.GetTempFileName();
        _paths.Add(path);
        File.WriteAllBytes(path, new byte[length]);
        _files.Add(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        return _files[^1];
    }
}
