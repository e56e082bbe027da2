using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Protocol.Metainfo;

namespace Swarm.Tests.EndToEnd;

/// <summary>Random content in a temporary folder and its torrent. Deletes the folder when disposed.</summary>
internal sealed class TestContent : IDisposable
{
    private TestContent(string root, string name, ImmutableArray<byte> file, TorrentMetainfo metainfo)
    {
        Root = root;
        Name = name;
        File = file;
        Metainfo = metainfo;
    }

    /// <summary>A scratch folder; the content lies below <c>seed</c>.</summary>
    public string Root { get; }

    public string Name { get; }

    /// <summary>The .torrent file's bytes.</summary>
    public ImmutableArray<byte> File { get; }

    public TorrentMetainfo Metainfo { get; }

    public string SeedFolder => Path.Combine(Root, "seed");

    public static TestContent Create(int seed, int pieceLength, params (string Path, int Length)[] files)
    {
        var random = new Random(seed);
        var root = Directory.CreateTempSubdirectory("swarm-test-").FullName;
        var single = files.Length == 1 && !files[0].Path.Contains('/');
        var name = single ? files[0].Path : "content";
        var all = new MemoryStream();
        var entries = ImmutableArray.CreateBuilder<BuilderFile>();
        foreach (var (path, length) in files)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            all.Write(bytes);
            var full = Path.Combine(root, "seed", single ? path : Path.Combine(name, path));
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            System.IO.File.WriteAllBytes(full, bytes);
            entries.Add(new BuilderFile(single ? [] : [.. path.Split('/')], length));
        }

        var content = all.ToArray();
        var hashes = new List<byte>();
        for (var offset = 0; offset < content.Length; offset += pieceLength) hashes.AddRange(SHA1.HashData(content.AsSpan(offset, Math.Min(pieceLength, content.Length - offset))));
        var file = new MetainfoBuilder { Name = name, Files = entries.ToImmutable(), PieceLength = pieceLength, PieceHashes = new PieceHashes(hashes.ToArray()) }.Build();
        MetainfoParser.TryParse(file, MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        return new TestContent(root, name, [.. file], metainfo!);
    }

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Fails unless every file below <paramref name="folder"/> equals the original.</summary>
    public void ShouldBeIn(string folder)
    {
        foreach (var file in Metainfo.VisibleFiles)
        {
            System.IO.File.ReadAllBytes(Path.Combine(folder, file.Path)).AsSpan().SequenceEqual(System.IO.File.ReadAllBytes(Path.Combine(SeedFolder, file.Path)))
                .ShouldBeTrue($"{file.Path} differs from the original");
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
