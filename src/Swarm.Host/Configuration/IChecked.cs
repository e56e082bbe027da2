namespace Swarm.Host.Configuration;

/// <summary>A settings record whose members must fit each other, which no member can see by itself.</summary>
internal interface IChecked
{
    /// <summary>What does not fit: a member's name, and one line for people.</summary>
    IEnumerable<(string Member, string Problem)> Problems();
}
