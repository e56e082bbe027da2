using Swarm.Actors.Torrents;

namespace Swarm.Io.Store;

/// <summary>
/// <see cref="TorrentSummary"/> to bytes and back, as they lie in a database.
/// <para>Version 1, in the fields of <see cref="RecordWriter"/>: flags (bit 0 metadata known, 1 private); name; total, selected and verified length; pieces; pieces verified; downloaded; uploaded; moments of
/// completion and of the last movement; the trackers in tiers.</para>
/// <para>What cannot be read is told as null, never as an exception: a summary can be had again by loading the torrent.</para>
/// </summary>
internal static class SummaryCodec
{
    private const byte Version = 1;

    /// <summary>The bytes of a summary.</summary>
    public static byte[] Encode(TorrentSummary summary)
    {
        var writer = new RecordWriter(Version);
        writer.Number((summary.HasMetadata ? 1u : 0) | (summary.IsPrivate ? 2u : 0));
        writer.Text(summary.Name);
        writer.Number((ulong)summary.TotalLength);
        writer.Number((ulong)summary.SelectedLength);
        writer.Number((ulong)summary.VerifiedLength);
        writer.Count(summary.PieceCount);
        writer.Count(summary.VerifiedPieces);
        writer.Number((ulong)summary.Downloaded);
        writer.Number((ulong)summary.Uploaded);
        writer.Number((ulong)summary.CompletedTicks);
        writer.Number((ulong)summary.ActiveTicks);
        OptionsCodec.Tiers(writer, summary.TrackerTiers);
        return writer.Seal();
    }

    /// <summary>The summary, or null where the bytes are damaged or of a version this program does not know.</summary>
    public static TorrentSummary? Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes, Version);
        var flags = reader.Number();
        var summary = new TorrentSummary
        {
            HasMetadata = (flags & 1) != 0,
            IsPrivate = (flags & 2) != 0,
            Name = reader.Text(),
            TotalLength = reader.Long(),
            SelectedLength = reader.Long(),
            VerifiedLength = reader.Long(),
            PieceCount = reader.Small(int.MaxValue),
            VerifiedPieces = reader.Small(int.MaxValue),
            Downloaded = reader.Long(),
            Uploaded = reader.Long(),
            CompletedTicks = reader.Long(),
            ActiveTicks = reader.Long(),
            TrackerTiers = OptionsCodec.Tiers(ref reader),
        };
        return reader.IsWhole && flags < 4 ? summary : null;
    }
}
