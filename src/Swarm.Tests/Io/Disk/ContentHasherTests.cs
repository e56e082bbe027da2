using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

public sealed class ContentHasherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-hash-").FullName;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_hashes_are_those_of_the_pieces_and_verify(int seed)
    {
        var content = TestContent.Draw(new Random(seed));
        content.Save(_folder);
        var hasher = new ContentHasher(1 + (seed % 4));
        var progress = new List<long>();
        var found = hasher.Hash(_folder, content.Layout, progress.Add, CancellationToken.None);
        found.Error.ShouldBeNull();
        found.PieceHashes.AsSpan().SequenceEqual(content.Hashes.Span).ShouldBeTrue();
        progress.ShouldBe(progress.Order());
        progress[^1].ShouldBe(content.Layout.Geometry.TotalLength);
        var spec = new StorageSpec(content.Layout, _folder, content.Hashes, FileAllocation.Sparse);
        hasher.Verify(spec, null, CancellationToken.None, out var error).ShouldAllBe(s => s == PieceState.Valid);
        error.ShouldBeNull();
    }

    [Fact]
    public void Verifying_tells_wrong_and_missing_pieces()
    {
        var content = TestContent.Files(10_000, 20_000, 10_000);
        content.Save(_folder);
        File.Delete(Path.Combine(_folder, "folder/1.bin"));
        File.WriteAllBytes(Path.Combine(_folder, "folder/0.bin"), new byte[20_000]);
        var spec = new StorageSpec(content.Layout, _folder, content.Hashes, FileAllocation.Sparse);
        new ContentHasher(2).Verify(spec, null, CancellationToken.None, out _).ShouldBe([PieceState.Invalid, PieceState.Invalid, PieceState.Absent]);
        new ContentHasher(2).Verify(spec with { Root = "here" }, null, CancellationToken.None, out var error).ShouldBeEmpty();
        error!.Message.ShouldContain("absolute");
    }

    [Theory]
    [InlineData(1, 100_000)]
    [InlineData(2, 65_536)]
    [InlineData(3, 200_001)]
    public void Of_many_pieces_each_is_told_for_itself(int threads, int pieceLength)
    {
        var content = TestContent.OneFile(pieceLength, (37 * pieceLength) + 5);
        content.Save(_folder);
        var path = Path.Combine(_folder, "file.bin");
        int[] wrong = [0, 7, 8, 21, 37];
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
        {
            foreach (var piece in wrong) RandomAccess.Write(file, [(byte)(content.BytesOfPiece(piece)[3] ^ 1)], ((long)piece * pieceLength) + 3);
        }

        var spec = new StorageSpec(content.Layout, _folder, content.Hashes, FileAllocation.Sparse);
        var states = new ContentHasher(threads).Verify(spec, null, CancellationToken.None, out _);
        Enumerable.Range(0, states.Length).Where(piece => states[piece] == PieceState.Invalid).ShouldBe(wrong);
        states.Count(state => state == PieceState.Valid).ShouldBe(33);

        // Cut in the middle of a piece: what is left of it is wrong, and nothing is there of those behind it.
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write)) RandomAccess.SetLength(file, (30L * pieceLength) + 10);
        states = new ContentHasher(threads).Verify(spec, null, CancellationToken.None, out _);
        states.Skip(29).Take(3).ShouldBe([PieceState.Valid, PieceState.Invalid, PieceState.Absent]);
    }

    [Fact]
    public void A_piece_that_cannot_be_read_among_many_that_can_is_unreadable_alone()
    {
        var content = TestContent.OneFile(100_000, 20 * 100_000);
        content.Save(_folder);
        var operations = new FaultyFileOperations(FileOperations.ForThisSystem())
        {
            OnRead = (place, offset) => offset / 100_000 == 4 ? DiskErrors.FromErrno(5, "read", place.FullPath) : null,
        };
        var spec = new StorageSpec(content.Layout, _folder, content.Hashes, FileAllocation.Sparse);
        var states = new ContentHasher(1, operations).Verify(spec, null, CancellationToken.None, out _);
        Enumerable.Range(0, 20).Where(piece => states[piece] != PieceState.Valid).ShouldBe([4]);
        states[4].ShouldBe(PieceState.Unreadable);
    }

    [Fact]
    public void A_missing_file_and_one_of_another_length_are_named()
    {
        var content = TestContent.Files(10_000, 20_000, 10_000);
        content.Save(_folder);
        var path = Path.Combine(_folder, "folder/1.bin");
        File.AppendAllText(path, "x");
        var found = new ContentHasher(2).Hash(_folder, content.Layout, null, CancellationToken.None);
        found.PieceHashes.ShouldBeEmpty();
        found.Error!.Message.ShouldContain("10001 bytes and 10000 were expected");
        File.Delete(path);
        new ContentHasher(2).Hash(_folder, content.Layout, null, CancellationToken.None).Error!.Kind.ShouldBe(DiskErrorKind.NotFound);
    }

    [Fact]
    public void A_file_that_changes_while_it_is_hashed_is_an_error()
    {
        var content = TestContent.OneFile(10_000, 100_000);
        content.Save(_folder);
        var path = Path.Combine(_folder, "file.bin");
        var touched = false;
        var found = new ContentHasher(1).Hash(_folder, content.Layout, Touch, CancellationToken.None);
        found.Error!.Message.ShouldContain("changed while it was read");
        found.PieceHashes.ShouldBeEmpty();

        void Touch(long done)
        {
            if (touched) return;
            touched = true;
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(1));
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        var content = TestContent.OneFile(10_000, 100_000);
        content.Save(_folder);
        var operations = new FaultyFileOperations(FileOperations.ForThisSystem())
        {
            OnOpen = (place, _) => DiskErrors.FromErrno(13, "open", place.FullPath),
        };
        var error = new ContentHasher(2, operations).Hash(_folder, content.Layout, null, CancellationToken.None).Error!;
        error.Kind.ShouldBe(DiskErrorKind.Denied);
        error.Message.ShouldContain(Path.Combine(_folder, "file.bin"));
    }

    [Fact]
    public void Cancelling_ends_the_work_and_a_failing_callback_reaches_the_caller()
    {
        var content = TestContent.OneFile(10_000, 5_000_000);
        content.Save(_folder);
        using var cancel = new CancellationTokenSource();
        var last = 0L;
        Should.Throw<OperationCanceledException>(() => new ContentHasher(2).Hash(
            _folder,
            content.Layout,
            done =>
            {
                last = done;
                cancel.Cancel();
            },
            cancel.Token));
        last.ShouldBeLessThan(5_000_000);
        Should.Throw<InvalidTimeZoneException>(() => new ContentHasher(3).Hash(_folder, content.Layout, _ => throw new InvalidTimeZoneException(), CancellationToken.None));
    }

    [Fact]
    public void A_scan_lists_files_in_an_order_that_depends_on_names_only()
    {
        foreach (var name in new[] { "b/2", "b/10", "a.txt", "B", "b!", "ä", "\U0001F600", "\uFFFD", "a/z" })
        {
            var path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, name);
        }

        var scan = ContentScan.TryScan(_folder + "/", out var error);
        error.ShouldBeNull();
        scan!.Files.Select(f => f.Path).ShouldBe(["B", "a/z", "a.txt", "b/10", "b/2", "b!", "ä", "\uFFFD", "\U0001F600"]);
        scan.Name.ShouldBe(Path.GetFileName(_folder));
        scan.Root.ShouldBe(_folder);
        scan.IsFolder.ShouldBeTrue();
    }

    [Fact]
    public void A_scan_of_one_file_names_it_and_its_folder()
    {
        var path = Path.Combine(_folder, "one.bin");
        File.WriteAllBytes(path, new byte[7]);
        var scan = ContentScan.TryScan(path, out _)!;
        scan.IsFolder.ShouldBeFalse();
        scan.Root.ShouldBe(_folder);
        scan.Files.ShouldBe([new ScannedFile("one.bin", 7, false, null)]);
    }

    [Fact]
    public void A_link_to_a_file_inside_is_recorded_and_any_other_link_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "share/sub"));
        File.WriteAllText(Path.Combine(_folder, "share/real"), "x");
        File.CreateSymbolicLink(Path.Combine(_folder, "share/sub/link"), "../real");
        var scan = ContentScan.TryScan(Path.Combine(_folder, "share"), out _)!;
        scan.Files.ShouldBe([new ScannedFile("real", 1, false, null), new ScannedFile("sub/link", 0, false, "real")]);
        foreach (var target in new[] { "/etc/hostname", "..", "nowhere", "../.." })
        {
            var link = Path.Combine(_folder, "share/other");
            File.CreateSymbolicLink(link, target);
            ContentScan.TryScan(Path.Combine(_folder, "share"), out var error).ShouldBeNull();
            error!.Message.ShouldContain(link);
            File.Delete(link);
        }
    }

    [Fact]
    public void A_scan_of_nothing_says_what_is_wrong()
    {
        ContentScan.TryScan(Path.Combine(_folder, "missing"), out var error).ShouldBeNull();
        error!.Kind.ShouldBe(DiskErrorKind.NotFound);
        ContentScan.TryScan(_folder, out error).ShouldBeNull();
        error!.Message.ShouldContain("holds no bytes");
        if (!OperatingSystem.IsLinux()) return;
        using var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_folder, "pipe")]);
        made.WaitForExit();
        ContentScan.TryScan(_folder, out error).ShouldBeNull();
        error!.Message.ShouldContain("pipe");
    }
}
