using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Io.Store;

/// <summary>A torrent as a row of a database has it, whichever database it is: columns as they lie there, and what becomes of them when they cannot be read. Nothing fails; what is lost is logged.</summary>
internal sealed partial class StoredTorrent
{
    public byte[]? Metainfo { get; init; }

    public string? Magnet { get; init; }

    public required string Folder { get; init; }

    public long Added { get; init; }

    public byte[]? Options { get; init; }

    public byte[]? Summary { get; init; }

    public byte[]? Progress { get; init; }

    /// <summary>What a command to load it is answered.</summary>
    public StoreOutcome.Loaded Loaded(InfoHash torrent, ILogger logger)
    {
        var (options, unfinished) = OptionsOf(torrent, Options, Folder, logger);
        var record = new TorrentRecord(ImmutableCollectionsMarshal.AsImmutableArray(Metainfo ?? []), Magnet, Folder, Added) { Options = options, Unfinished = unfinished, Summary = SummaryOf(Summary) };
        if (Progress is null) return new StoreOutcome.Loaded(record, Progress: null);
        var progress = ProgressCodec.Decode(Progress);
        if (progress is null) LogUnreadableProgress(logger, torrent, Progress.Length);
        return new StoreOutcome.Loaded(record, progress);
    }

    /// <summary>What lists show.</summary>
    public static TorrentSummary? SummaryOf(byte[]? record) => record is null ? null : SummaryCodec.Decode(record);

    /// <summary>What its user wants of it. Options that cannot be read would have been somebody's wishes: until he repeats them the torrent does nothing of its own accord.</summary>
    public static (TorrentOptions Options, UnfinishedWork? Unfinished) OptionsOf(InfoHash torrent, byte[]? record, string folder, ILogger logger)
    {
        if (record is null) return (new TorrentOptions { Folder = folder }, null);
        if (OptionsCodec.Decode(record, folder) is { } decoded) return decoded;
        LogUnreadableOptions(logger, torrent, record.Length);
        return (new TorrentOptions { Folder = folder, Paused = true }, null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Torrent {Torrent} is taken over from process {Process} on {Machine}, which is gone")]
    public static partial void LogTakenOver(ILogger logger, InfoHash torrent, long? process, string? machine);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Torrent {Torrent}: what its user wants of it ({Bytes} bytes) cannot be read; it stays paused until it is resumed")]
    private static partial void LogUnreadableOptions(ILogger logger, InfoHash torrent, int bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Torrent {Torrent}: its stored progress ({Bytes} bytes) cannot be read; its files must be checked")]
    private static partial void LogUnreadableProgress(ILogger logger, InfoHash torrent, int bytes);
}
