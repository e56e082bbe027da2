namespace Swarm.Tests.Host;

/// <summary>A folder for one test's files, gone with it.</summary>
internal sealed class Scratch : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("swarm-cli-test-").FullName;

    public string this[string path] => Path.Combine(Root, path);

    /// <summary>Writes bytes drawn from the seed and returns the file's path.</summary>
    public string Write(string path, int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return Write(path, bytes);
    }

    public string Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllBytes(this[path], bytes);
        return this[path];
    }

    /// <summary>A node's options: nothing beyond loopback, a state folder of its own.</summary>
    public string[] Node(string name) => ["--bind", "127.0.0.1", "--port", "0", "--no-dht", "--data", this[name]];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
