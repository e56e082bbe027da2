using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Picking;

namespace Swarm.Io.Store;

/// <summary>
/// What a user wants of a torrent, and what was begun with its files, to bytes and back, as they lie in a database. The folder is not in it: it has a column of its own.
/// <para>Version 1, in the fields of <see cref="RecordWriter"/>: flags (bit 0 sequential, 1 seed only, 2 paused, 3 trackers replaced, 4 queued); allocation; download and upload limit; connections; queue position + 1;
/// ratio goal; seed time goal in ticks; name; category; labels; patterns; further trackers; the replaced tiers, where the flag says so; file priorities and renamed files, each as place and value; at last
/// the unfinished work: 0 none, 1 removal, 2 removal with data, 3 moving and the folder, 4 renaming, the file and its path.</para>
/// <para>What cannot be read is told as null, never as an exception.</para>
/// </summary>
internal static class OptionsCodec
{
    private const byte Version = 1;

    /// <summary>The bytes of options.</summary>
    public static byte[] Encode(TorrentOptions options, UnfinishedWork? unfinished)
    {
        var writer = new RecordWriter(Version);
        writer.Number((options.Sequential ? 1u : 0) | (options.SeedOnly ? 2u : 0) | (options.Paused ? 4u : 0) | (options.TrackerTiers is null ? 0 : 8u) | (options.Queued ? 16u : 0));
        writer.Number((ulong)options.Allocation);
        writer.Number((ulong)options.DownloadLimit);
        writer.Number((ulong)options.UploadLimit);
        writer.Count(options.MaxConnections);
        writer.Count(options.QueuePosition + 1);
        writer.Real(options.RatioGoal);
        writer.Signed(options.SeedTimeGoal.Ticks);
        writer.Text(options.Name);
        writer.OptionalText(options.Category);
        Texts(writer, options.Labels);
        Texts(writer, options.Select);
        Texts(writer, options.Trackers);
        if (options.TrackerTiers is { } tiers) Tiers(writer, tiers);
        writer.Count(options.FilePriorities.Count);
        foreach (var (file, priority) in options.FilePriorities)
        {
            writer.Count(file);
            writer.Number(priority.Value);
        }

        writer.Count(options.RenamedFiles.Count);
        foreach (var (file, path) in options.RenamedFiles)
        {
            writer.Count(file);
            writer.Text(path);
        }

        Unfinished(writer, unfinished);
        return writer.Seal();
    }

    /// <summary>The options and the unfinished work, or null where the bytes are damaged or of a version this program does not know.</summary>
    public static (TorrentOptions Options, UnfinishedWork? Unfinished)? Decode(ReadOnlySpan<byte> bytes, string folder)
    {
        var reader = new RecordReader(bytes, Version);
        var flags = reader.Number();
        var options = new TorrentOptions
        {
            Folder = folder,
            Sequential = (flags & 1) != 0,
            SeedOnly = (flags & 2) != 0,
            Paused = (flags & 4) != 0,
            Queued = (flags & 16) != 0,
            Allocation = (FileAllocation)reader.Small((int)FileAllocation.Full),
            DownloadLimit = reader.Long(),
            UploadLimit = reader.Long(),
            MaxConnections = reader.Small(int.MaxValue),
            QueuePosition = reader.Small(int.MaxValue) - 1,
            RatioGoal = reader.Real(),
            SeedTimeGoal = new TimeSpan(reader.Signed()),
            Name = reader.Text(),
            Category = reader.OptionalText(),
            Labels = Texts(ref reader),
            Select = Texts(ref reader),
            Trackers = Texts(ref reader),
            TrackerTiers = (flags & 8) != 0 ? Tiers(ref reader) : null,
            FilePriorities = Priorities(ref reader),
            RenamedFiles = Renamed(ref reader),
        };
        var unfinished = Unfinished(ref reader);
        return reader.IsWhole && flags < 32 ? (options, unfinished) : null;
    }

    /// <summary>Writes tiers of trackers: their number, and for each its trackers.</summary>
    internal static void Tiers(RecordWriter writer, ImmutableArray<ImmutableArray<string>> tiers)
    {
        writer.Count(tiers.Length);
        foreach (var tier in tiers) Texts(writer, tier);
    }

    /// <summary>Reads tiers of trackers.</summary>
    internal static ImmutableArray<ImmutableArray<string>> Tiers(ref RecordReader reader)
    {
        var tiers = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        for (var left = reader.Count(); left > 0 && reader.IsGood; left--) tiers.Add(Texts(ref reader));
        return tiers.Count == 0 ? [] : tiers.DrainToImmutable();
    }

    private static void Texts(RecordWriter writer, ImmutableArray<string> texts)
    {
        writer.Count(texts.Length);
        foreach (var text in texts) writer.Text(text);
    }

    private static ImmutableArray<string> Texts(ref RecordReader reader)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.Count(); left > 0 && reader.IsGood; left--) texts.Add(reader.Text());
        return texts.Count == 0 ? [] : texts.DrainToImmutable();
    }

    private static ImmutableSortedDictionary<int, PiecePriority> Priorities(ref RecordReader reader)
    {
        var priorities = ImmutableSortedDictionary.CreateBuilder<int, PiecePriority>();
        for (var left = reader.Count(); left > 0 && reader.IsGood; left--) priorities[reader.Small(int.MaxValue)] = new PiecePriority((byte)reader.Small(PiecePriority.Highest));
        return priorities.ToImmutable();
    }

    private static ImmutableSortedDictionary<int, string> Renamed(ref RecordReader reader)
    {
        var renamed = ImmutableSortedDictionary.CreateBuilder<int, string>();
        for (var left = reader.Count(); left > 0 && reader.IsGood; left--) renamed[reader.Small(int.MaxValue)] = reader.Text();
        return renamed.ToImmutable();
    }

    private static void Unfinished(RecordWriter writer, UnfinishedWork? unfinished)
    {
        switch (unfinished)
        {
            case null: writer.Count(0); break;
            case UnfinishedWork.Removal removal: writer.Count(removal.DeleteData ? 2 : 1); break;
            case UnfinishedWork.Moving moving:
                writer.Count(3);
                writer.Text(moving.Folder);
                break;
            case UnfinishedWork.Renaming renaming:
                writer.Count(4);
                writer.Count(renaming.File);
                writer.Text(renaming.Path);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(unfinished), unfinished.GetType().Name, "Unfinished work that the codec does not know.");
        }
    }

    private static UnfinishedWork? Unfinished(ref RecordReader reader) => reader.Small(4) switch
    {
        1 => new UnfinishedWork.Removal(DeleteData: false),
        2 => new UnfinishedWork.Removal(DeleteData: true),
        3 => new UnfinishedWork.Moving(reader.Text()),
        4 => new UnfinishedWork.Renaming(reader.Small(int.MaxValue), reader.Text()),
        _ => null,
    };
}
