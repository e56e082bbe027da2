using System.Collections.Immutable;
using System.Text;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Migration;

/// <summary>
/// Copies one store into another through the port's own commands, a page of torrents with three transactions: read at the source, written at the target, read back there and compared.
/// <para>Always holds: torrents are added in the order in which the source has them; one that is at the target is whole there, because it was one transaction. The target keeps, under the note <see cref="MarkName"/>, which source it is
/// being filled from, from before the first torrent until after the last was verified: with it a later run goes on, and overwrites what differs from the source; without it a target that holds torrents is refused, or, where
/// it is to be merged with, keeps every torrent it has as it has it.</para>
/// </summary>
internal sealed class StoreCopy(IStoreEnd source, IStoreEnd target, bool merge, Action<int, int> progress)
{
    /// <summary>Where the target says what it is being filled from.</summary>
    public const string MarkName = "migration";

    // Few enough that their metainfo fits in memory, many enough that a commit is little beside them.
    private const int PageSize = 64;
    private const string MergeMark = "merge ";

    private readonly HashSet<InfoHash> _there = [];
    private int _copied;
    private int _already;
    private int _kept;
    private bool _isMerge = merge;

    /// <summary>How many torrents a store has.</summary>
    public static async Task<int> CountAsync(IStoreEnd end, CancellationToken cancellation) => (await ListAsync(end, cancellation).ConfigureAwait(false)).Length;

    /// <summary>Why nothing is moved while somebody lives on a store, as a line for people.</summary>
    public static string InUse(string process) => $"The swarm process {process} has the store open; stop it first.";

    /// <summary>Why nothing is moved to a store that holds torrents, as a line for people; null: it may be.</summary>
    public static string? NotEmpty(string target, int torrents, bool merge, string mark, string source) => torrents == 0 || merge || IsOf(mark, source)
        ? null
        : $"There are {torrents} torrents in the {target} already; name another storage, or add --merge to keep those and add what they lack.";

    /// <summary>Copies and verifies everything.</summary>
    /// <exception cref="StoreEndException">A store failed; run again to go on.</exception>
    public async Task<StoreMigration.Outcome> RunAsync(CancellationToken cancellation)
    {
        foreach (var end in new[] { source, target })
        {
            if (await end.OtherProcessAsync(cancellation).ConfigureAwait(false) is { } process) return Refused(InUse(process));
        }

        _there.UnionWith(await ListAsync(target, cancellation).ConfigureAwait(false));
        var before = _there.Count;
        var mark = await MarkOfAsync(target, cancellation).ConfigureAwait(false);
        if (NotEmpty(target.Name, before, _isMerge, mark, source.Name) is { } refusal) return Refused(refusal);
        if (IsOf(mark, source.Name)) _isMerge |= mark.StartsWith(MergeMark, StringComparison.Ordinal);
        await MarkAsync((_isMerge ? MergeMark : "") + source.Name, cancellation).ConfigureAwait(false);
        var torrents = await ListAsync(source, cancellation).ConfigureAwait(false);
        if (await CopyTorrentsAsync(torrents.Length, cancellation).ConfigureAwait(false) is { } failure) return Refused(failure);
        var notes = await CopyNotesAsync(cancellation).ConfigureAwait(false);
        var arrived = (await ListAsync(target, cancellation).ConfigureAwait(false)).ToHashSet();
        var missing = torrents.Count(torrent => !arrived.Contains(torrent));
        if (missing > 0) return Refused($"{missing} torrents did not arrive in the {target.Name}; run the command again.");
        await MarkAsync("", cancellation).ConfigureAwait(false);
        return new StoreMigration.Outcome(new StoreMigrationReport(torrents.Length, before, _copied, _already, _kept, notes), Error: null);
    }

    private async Task<string?> CopyTorrentsAsync(int count, CancellationToken cancellation)
    {
        var done = 0;
        for (long last = 0; ;)
        {
            var page = (StoreOutcome.TakenUp)(await source.ExecuteAsync([new StoreCommand.TakeUp(last, PageSize)], cancellation).ConfigureAwait(false))[0];
            if (page.Torrents.IsEmpty) return null;
            if (page.Torrents.FirstOrDefault(static torrent => torrent.HeldBy is not null) is { HeldBy: { } holder }) return $"Torrents of the {source.Name} are held by {holder}.";
            if (await CopyPageAsync([.. page.Torrents.Select(static torrent => torrent.Torrent)], cancellation).ConfigureAwait(false) is { } failure) return failure;
            last = page.Last;
            done += page.Torrents.Length;
            progress(done, count);
        }
    }

    private async Task<string?> CopyPageAsync(ImmutableArray<InfoHash> page, CancellationToken cancellation)
    {
        var wanted = await LoadAsync(source, page, cancellation).ConfigureAwait(false);
        var present = await LoadAsync(target, [.. page.Where(_there.Contains)], cancellation).ConfigureAwait(false);
        var missing = ImmutableArray.CreateBuilder<InfoHash>();
        foreach (var torrent in page)
        {
            if (!present.TryGetValue(torrent, out var there)) missing.Add(torrent);
            else if (_isMerge) _kept++;
            else if (IsSame(there, wanted[torrent])) _already++;
            else missing.Add(torrent);
        }

        if (missing.Count == 0) return null;
        var torrents = missing.ToImmutable();
        var leases = await target.ExecuteAsync([.. torrents.Select(static torrent => new StoreCommand.AcquireLease(torrent))], cancellation).ConfigureAwait(false);
        var puts = ImmutableArray.CreateBuilder<StoreCommand>();
        for (var i = 0; i < torrents.Length; i++)
        {
            if (leases[i] is not StoreOutcome.Leased { Token: var token }) return $"Torrent {torrents[i]} of the {target.Name} is held by {((StoreOutcome.HeldBy)leases[i]).Owner}.";
            var (record, stored) = wanted[torrents[i]];
            puts.Add(new StoreCommand.PutTorrent(torrents[i], token, record!));
            if (stored is not null) puts.Add(new StoreCommand.PutProgress(torrents[i], token, stored));
        }

        var outcomes = await target.ExecuteAsync(puts.ToImmutable(), cancellation).ConfigureAwait(false);
        if (outcomes.Any(static outcome => outcome is not StoreOutcome.Done)) return $"Another process took torrents of the {target.Name} over meanwhile; stop it, and run the command again.";
        return await VerifyAsync(torrents, wanted, cancellation).ConfigureAwait(false);
    }

    private async Task<string?> VerifyAsync(ImmutableArray<InfoHash> torrents, Dictionary<InfoHash, Stored> wanted, CancellationToken cancellation)
    {
        var arrived = await LoadAsync(target, torrents, cancellation).ConfigureAwait(false);
        foreach (var torrent in torrents)
        {
            if (!IsSame(arrived[torrent], wanted[torrent])) return $"Torrent {torrent} reads differently in the {target.Name} than it was written.";
            _copied++;
        }

        return null;
    }

    private async Task<int> CopyNotesAsync(CancellationToken cancellation)
    {
        var there = _isMerge ? await target.NoteNamesAsync(cancellation).ConfigureAwait(false) : [];
        var copied = 0;
        foreach (var name in await source.NoteNamesAsync(cancellation).ConfigureAwait(false))
        {
            if (name == MarkName || there.Contains(name)) continue;
            await target.ExecuteAsync([new StoreCommand.PutNote(name, await NoteAsync(source, name, cancellation).ConfigureAwait(false))], cancellation).ConfigureAwait(false);
            copied++;
        }

        return copied;
    }

    private static async Task<ImmutableArray<InfoHash>> ListAsync(IStoreEnd end, CancellationToken cancellation) =>
        ((StoreOutcome.Listed)(await end.ExecuteAsync([new StoreCommand.ListTorrents()], cancellation).ConfigureAwait(false))[0]).Torrents;

    private static async Task<Dictionary<InfoHash, Stored>> LoadAsync(IStoreEnd end, ImmutableArray<InfoHash> torrents, CancellationToken cancellation)
    {
        var outcomes = await end.ExecuteAsync([.. torrents.Select(static torrent => new StoreCommand.LoadTorrent(torrent))], cancellation).ConfigureAwait(false);
        var stored = new Dictionary<InfoHash, Stored>();
        for (var i = 0; i < torrents.Length; i++) stored[torrents[i]] = new Stored(((StoreOutcome.Loaded)outcomes[i]).Record, ((StoreOutcome.Loaded)outcomes[i]).Progress);
        return stored;
    }

    private static async Task<ImmutableArray<byte>> NoteAsync(IStoreEnd end, string name, CancellationToken cancellation) =>
        ((StoreOutcome.Note)(await end.ExecuteAsync([new StoreCommand.LoadNote(name)], cancellation).ConfigureAwait(false))[0]).Value;

    /// <summary>What a store is being filled from; empty: nothing.</summary>
    public static async Task<string> MarkOfAsync(IStoreEnd end, CancellationToken cancellation) => Encoding.UTF8.GetString((await NoteAsync(end, MarkName, cancellation).ConfigureAwait(false)).AsSpan());

    private Task MarkAsync(string mark, CancellationToken cancellation) => target.ExecuteAsync([new StoreCommand.PutNote(MarkName, [.. Encoding.UTF8.GetBytes(mark)])], cancellation);

    private static bool IsOf(string mark, string source) => mark == source || mark == MergeMark + source;

    // Options, unfinished work, summaries and progress are the same when their stored forms are.
    private static bool IsSame(Stored one, Stored other)
    {
        if (one.Record is not { } a || other.Record is not { } b) return one.Record is null && other.Record is null;
        return a.Metainfo.AsSpan().SequenceEqual(b.Metainfo.AsSpan()) && a.Magnet == b.Magnet && a.Folder == b.Folder && a.AddedTicks == b.AddedTicks
            && OptionsCodec.Encode(a.Options, a.Unfinished).AsSpan().SequenceEqual(OptionsCodec.Encode(b.Options, b.Unfinished))
            && (a.Summary is null ? b.Summary is null : b.Summary is not null && SummaryCodec.Encode(a.Summary).AsSpan().SequenceEqual(SummaryCodec.Encode(b.Summary)))
            && (one.Progress is null ? other.Progress is null : other.Progress is not null && ProgressCodec.Encode(one.Progress).AsSpan().SequenceEqual(ProgressCodec.Encode(other.Progress)));
    }

    private static StoreMigration.Outcome Refused(string reason) => new(Report: null, reason);

    private readonly record struct Stored(TorrentRecord? Record, ProgressRecord? Progress);
}
