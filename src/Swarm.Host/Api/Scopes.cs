namespace Swarm.Host.Api;

/// <summary>What a key may do: a viewer looks, an operator steers torrents, an admin steers the node. Each may what those before it may.</summary>
internal static class Scopes
{
    /// <summary>Looks.</summary>
    public const string Viewer = "viewer";

    /// <summary>Steers torrents.</summary>
    public const string Operator = "operator";

    /// <summary>Steers the node.</summary>
    public const string Admin = "admin";
}
