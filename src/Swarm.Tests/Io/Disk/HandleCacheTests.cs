using Microsoft.Win32.SafeHandles;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public sealed class HandleCacheTests : IDisposable
{
    private static readonly StorageId Storage = new(1);
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void At_the_limit_nothing_is_closed_and_one_past_it_the_one_unused_for_longest_is()
    {
        using var cache = new HandleCache(3);
        var handles = Enumerable.Range(0, 4).Select(_ => Open()).ToArray();
        for (var i = 0; i < 3; i++) cache.AddAndLease(Storage, i, handles[i], false).DangerousRelease();
        cache.Count.ShouldBe(3);
        handles.Take(3).ShouldAllBe(h => !h.IsClosed);
        cache.TryLease(Storage, 0, false)!.DangerousRelease();
        cache.AddAndLease(Storage, 3, handles[3], false).DangerousRelease();
        cache.Count.ShouldBe(3);
        handles.Select(h => h.IsClosed).ShouldBe([false, true, false, false]);
        cache.TryLease(Storage, 1, false).ShouldBeNull();
    }

    [Fact]
    public void A_leased_handle_stays_open_until_it_is_given_back()
    {
        using var cache = new HandleCache(1);
        var first = cache.AddAndLease(Storage, 0, Open(), false);
        cache.AddAndLease(Storage, 1, Open(), false).DangerousRelease();
        first.IsClosed.ShouldBeFalse();
        RandomAccess.GetLength(first).ShouldBe(0);
        first.DangerousRelease();
        first.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void A_handle_for_reading_does_not_serve_writing_and_is_replaced_by_one_that_does()
    {
        using var cache = new HandleCache(2);
        var reading = Open();
        cache.AddAndLease(Storage, 0, reading, false).DangerousRelease();
        cache.TryLease(Storage, 0, true).ShouldBeNull();
        var writing = Open();
        cache.AddAndLease(Storage, 0, writing, true).DangerousRelease();
        reading.IsClosed.ShouldBeTrue();
        cache.TryLease(Storage, 0, false).ShouldBe(writing);
        writing.DangerousRelease();
        cache.Count.ShouldBe(1);
    }

    [Fact]
    public void Of_two_threads_that_open_the_same_file_the_later_gets_the_earlier_ones_handle()
    {
        using var cache = new HandleCache(2);
        var first = Open();
        var second = Open();
        cache.AddAndLease(Storage, 0, first, false).DangerousRelease();
        cache.AddAndLease(Storage, 0, second, false).ShouldBe(first);
        first.DangerousRelease();
        second.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public void Closing_a_storage_closes_its_files_only()
    {
        using var cache = new HandleCache(5);
        var other = Open();
        cache.AddAndLease(new StorageId(2), 0, other, false).DangerousRelease();
        for (var i = 0; i < 3; i++) cache.AddAndLease(Storage, i, Open(), false).DangerousRelease();
        cache.EvictAll(Storage);
        cache.Count.ShouldBe(1);
        other.IsClosed.ShouldBeFalse();
    }

    private SafeFileHandle Open() => File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
}
