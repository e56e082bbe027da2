using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Swarm.Protocol.Metainfo;

namespace Swarm.Tests.Protocol.Metainfo;

/// <summary>Makes torrents for tests, also ones that no writer of ours would: keys stand in the order given, as often as given.</summary>
internal static class Torrents
{
    /// <summary>Encodes a long, int, string (UTF-8), byte array, list (<c>object[]</c>) or dictionary (<c>(string, object)[]</c>).</summary>
    public static byte[] Encode(object value)
    {
        using var stream = new MemoryStream();
        Write(stream, value);
        return stream.ToArray();
    }

    /// <summary>A dictionary; entries with a null value are left out.</summary>
    public static (string Key, object Value)[] D(params (string Key, object? Value)[] entries) =>
        [.. entries.Where(entry => entry.Value is not null).Select(entry => (entry.Key, entry.Value!))];

    public static object L(params object[] items) => items;

    /// <summary>A dictionary with entries added or, where the key is there, replaced; a null value takes it out.</summary>
    public static (string Key, object Value)[] With(this (string Key, object Value)[] dictionary, params (string Key, object? Value)[] changes)
    {
        var entries = dictionary.Select(entry => (entry.Key, Value: (object?)entry.Value)).ToList();
        foreach (var change in changes)
        {
            var at = entries.FindIndex(entry => entry.Key == change.Key);
            if (at < 0) entries.Add(change);
            else entries[at] = change;
        }

        return D([.. entries]);
    }

    /// <summary>A v1 info dictionary of one file.</summary>
    public static (string Key, object Value)[] SingleInfo(object name, long length = 5, int pieceLength = 16384) =>
        D(("length", length), ("name", name), ("piece length", pieceLength), ("pieces", Hashes(length, pieceLength)));

    /// <summary>A v1 info dictionary of a folder.</summary>
    public static (string Key, object Value)[] FolderInfo(object name, params (string Key, object Value)[][] files)
    {
        var total = files.Sum(file => file.Where(entry => entry.Key == "length").Sum(entry => Convert.ToInt64(entry.Value, CultureInfo.InvariantCulture)));
        return D(("files", files.Cast<object>().ToArray()), ("name", name), ("piece length", 16384), ("pieces", Hashes(total, 16384)));
    }

    public static (string Key, object Value)[] File(long length, params object[] path) => D(("length", length), ("path", path));

    public static byte[] Hashes(long length, int pieceLength) => new byte[((Math.Max(length, 1) - 1) / pieceLength + 1) * 20];

    public static TorrentMetainfo Parse(object root, MetainfoLimits? limits = null)
    {
        MetainfoParser.TryParse(Encode(root), limits ?? MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        error.ShouldBe("");
        return metainfo!;
    }

    public static TorrentMetainfo ParseInfo(object info, MetainfoLimits? limits = null) => Parse(D(("info", info)), limits);

    public static string ErrorOf(object root, MetainfoLimits? limits = null) => ErrorOf(Encode(root), limits);

    public static string ErrorOf(byte[] file, MetainfoLimits? limits = null)
    {
        MetainfoParser.TryParse(file, limits ?? MetainfoLimits.Default, out var metainfo, out var error).ShouldBeFalse();
        metainfo.ShouldBeNull();
        error.ShouldNotBeEmpty();
        error.ShouldNotContain("\n");
        return error;
    }

    public static string ErrorOfInfo(object info, MetainfoLimits? limits = null) => ErrorOf(D(("info", info)), limits);

    /// <summary>The content that the v2 vectors are about.</summary>
    public static byte[] Content(int length, int salt = 0)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++) content[i] = (byte)((i * 131) + ((i >> 8) * 17) + salt);
        return content;
    }

    /// <summary>The SHA-256 of each 16 KiB block.</summary>
    public static byte[] LeavesOf(byte[] content) =>
        [.. content.Chunk(16384).SelectMany(block => SHA256.HashData(block))];

    private static void Write(MemoryStream stream, object value)
    {
        switch (value)
        {
            case int or long:
                stream.Write(Encoding.ASCII.GetBytes($"i{value}e"));
                break;
            case string text:
                Write(stream, Encoding.UTF8.GetBytes(text));
                break;
            case RawBencode raw:
                stream.Write(raw.Bytes);
                break;
            case byte[] bytes:
                stream.Write(Encoding.ASCII.GetBytes($"{bytes.Length}:"));
                stream.Write(bytes);
                break;
            case (string Key, object Value)[] dictionary:
                stream.WriteByte((byte)'d');
                foreach (var (key, entry) in dictionary)
                {
                    Write(stream, key);
                    Write(stream, entry);
                }

                stream.WriteByte((byte)'e');
                break;
            case object[] list:
                stream.WriteByte((byte)'l');
                foreach (var item in list) Write(stream, item);
                stream.WriteByte((byte)'e');
                break;
            default:
                throw new ArgumentException($"Cannot encode a {value.GetType()}.", nameof(value));
        }
    }
}

/// <summary>Bytes that <see cref="Torrents.Encode"/> takes as they stand.</summary>
internal sealed record RawBencode(byte[] Bytes);
