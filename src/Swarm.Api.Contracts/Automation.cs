using System.Text.Json.Serialization;

namespace Swarm.Api.Contracts;

// What a node does with its torrents by itself.

/// <summary>What automation does with a torrent.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<AutomationDeed>))]
public enum AutomationDeed
{
    /// <summary>Nothing; the reason says why not.</summary>
    Keep,

    /// <summary>It has to wait in the queue.</summary>
    Hold,

    /// <summary>It may go on, from the queue.</summary>
    Release,

    /// <summary>It is paused.</summary>
    Pause,

    /// <summary>It is forgotten; its files stay.</summary>
    Remove,

    /// <summary>It is forgotten, and its files are deleted.</summary>
    RemoveWithData,

    /// <summary>Its files are moved.</summary>
    Move,

    /// <summary>A program is run for it.</summary>
    Run,
}

/// <summary>What would be done with a torrent, and why.</summary>
public sealed record AutomationItem(string Hash, string Name, AutomationDeed Action, string Reason);

/// <summary>What automation would do at this moment: what it would do first, then what it keeps.</summary>
/// <param name="Enabled">Whether any of it is configured.</param>
/// <param name="DryRun">Whether nothing of it is done, by configuration.</param>
/// <param name="Items">A line for each torrent that queue, seeding rules or folders have a say in.</param>
/// <param name="More">There are others.</param>
public sealed record AutomationPreview(bool Enabled, bool DryRun, IReadOnlyList<AutomationItem> Items, bool More);
