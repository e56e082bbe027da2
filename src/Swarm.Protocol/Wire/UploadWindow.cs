namespace Swarm.Protocol.Wire;

/// <summary>
/// How many blocks of a peer's requests are handed to its link before they are sent. Owned by the <c>peer</c> actor, which tells it of every block that the kernel took.
/// Few are not enough for a fast peer: its link would run empty while the actor is asked for more. Many are too many for a slow one: what is in the link a choke reaches no more. So it is what the peer took in the last
/// <see cref="WireSettings.UploadAhead"/>, and grows at once while a peer takes more.
/// Always holds: <see cref="WireSettings.MinBlocksInLink"/> ≤ <see cref="Blocks"/> ≤ <see cref="WireSettings.MaxBlocksInLink"/>.
/// </summary>
public sealed class UploadWindow
{
    private readonly WireSettings _settings;
    private long _since;
    private int _sent;

    /// <summary>A peer that has taken nothing yet.</summary>
    public UploadWindow(WireSettings settings, long nowTicks)
    {
        _settings = settings;
        _since = nowTicks;
        Blocks = settings.MinBlocksInLink;
    }

    /// <summary>Blocks that may be in the link at a time.</summary>
    public int Blocks { get; private set; }

    /// <summary>The kernel took so many blocks.</summary>
    public void Sent(int blocks, long nowTicks)
    {
        _sent = Math.Min(_sent + blocks, _settings.MaxBlocksInLink);
        var span = nowTicks - _since;
        if (span < _settings.UploadAhead.Ticks)
        {
            Blocks = Math.Max(Blocks, Clamp(_sent));
            return;
        }

        Blocks = Clamp((int)(_sent * _settings.UploadAhead.Ticks / span));
        (_since, _sent) = (nowTicks, 0);
    }

    private int Clamp(int blocks) => Math.Clamp(blocks, Math.Min(_settings.MinBlocksInLink, _settings.MaxBlocksInLink), _settings.MaxBlocksInLink);
}
