using System.Collections.Immutable;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.Actors.Dht;

/// <summary>
/// When to look for the first nodes, and whom to ask: those of the last run, and routers. A part of <see cref="DhtActor"/>, called on its turns only. Tried again with a growing pause until somebody has answered; anew when everybody was lost.
/// </summary>
internal sealed class Bootstrap(DhtSettings settings)
{
    private readonly List<UdpAddress> _routers = [];
    private TimeSpan _pause = settings.FirstRetry;
    private long _dueAt;
    private bool _hasNews;

    /// <summary>Nodes of the last run.</summary>
    public ImmutableArray<NodeContact> Saved { get; set; } = [];

    /// <summary>Addresses of routers, the latest last.</summary>
    public IReadOnlyList<UdpAddress> Routers => _routers;

    /// <summary>Somebody has answered.</summary>
    public bool IsDone { get; private set; }

    /// <summary>A lookup for it is under way.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The last one brought nobody.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether to begin now; if so it counts as begun.</summary>
    public bool TryBegin(long nowTicks)
    {
        if (IsDone || IsRunning || nowTicks < _dueAt) return false;
        IsRunning = true;
        _hasNews = false;
        return true;
    }

    /// <summary>Until the next try; null if none is to come.</summary>
    public TimeSpan? Pause(long nowTicks) => IsDone || IsRunning ? null : TimeSpan.FromTicks(Math.Max(0, _dueAt - nowTicks));

    /// <summary>There is somebody more to ask: no need to wait.</summary>
    public void Hurry()
    {
        _hasNews = true;
        HasFailed = false;
        if (!IsRunning) _dueAt = 0;
    }

    /// <summary>The address of a router.</summary>
    public void AddRouter(UdpAddress router)
    {
        if (_routers.Contains(router)) return;
        if (_routers.Count == settings.MaxRouterAddresses) _routers.RemoveAt(0);
        _routers.Add(router);
        Hurry();
    }

    /// <summary>The lookup is over.</summary>
    public void Ended(bool hasAnswers, long nowTicks)
    {
        IsRunning = false;
        IsDone = hasAnswers;
        HasFailed = !hasAnswers && !_hasNews;
        if (hasAnswers) _pause = settings.FirstRetry;
        else if (_hasNews) _dueAt = 0;
        else
        {
            _dueAt = nowTicks + _pause.Ticks;
            _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, settings.LastRetry.Ticks));
        }
    }

    /// <summary>Nobody is left.</summary>
    public void Lost()
    {
        IsDone = false;
        HasFailed = false;
        _dueAt = 0;
    }
}
