using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Io.Store.Migration;

/// <summary>One end of a migration: a store as a single process has it that waits for each answer. Throws <see cref="StoreEndException"/> where the store fails. Disposing of it gives back every lease.</summary>
internal interface IStoreEnd : IAsyncDisposable
{
    /// <summary>What people call it; the same at every start.</summary>
    string Name { get; }

    /// <summary>Does the commands in one transaction.</summary>
    Task<ImmutableArray<StoreOutcome>> ExecuteAsync(ImmutableArray<StoreCommand> commands, CancellationToken cancellation);

    /// <summary>The names under which a node keeps something, in order.</summary>
    Task<ImmutableArray<string>> NoteNamesAsync(CancellationToken cancellation);

    /// <summary>Another process that has it open and lives, for people; null: there is none.</summary>
    Task<string?> OtherProcessAsync(CancellationToken cancellation);
}
