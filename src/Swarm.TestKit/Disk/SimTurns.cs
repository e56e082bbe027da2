namespace Swarm.TestKit.Disk;

/// <summary>
/// Which jobs are done when: up to so many turns are under way at once, each takes its jobs from lanes that the seed picks, lasts as long as latency and bytes say, and does them all at its end.
/// A lane is in one turn at a time, so its jobs keep their order; everything else is the seed's.
/// </summary>
internal sealed class SimTurns(Simulation simulation, Random random, Func<SimDiskSettings> settings, DiskWork work)
{
    private readonly List<DiskLane> _ready = [];
    private readonly List<DiskTurn> _running = [];
    private TimeSpan _deviceFreeAt;

    /// <summary>Jobs that wait in lanes or are in a turn.</summary>
    public int Jobs => _ready.Concat(_running.SelectMany(turn => turn.Lanes.Select(lane => lane.Lane))).Sum(lane => lane.Jobs.Count) + _running.Sum(turn => turn.Jobs);

    /// <summary>A lane has jobs and is in no turn.</summary>
    public void Add(DiskLane lane)
    {
        _ready.Add(lane);
        Pump();
    }

    /// <summary>The check of a storage that is in a turn or waits for one, or null.</summary>
    public SimDiskJob? CheckOf(SimStorage storage) =>
        _running.SelectMany(turn => turn.Lanes).SelectMany(lane => lane.Taken).Concat(_ready.SelectMany(lane => lane.Jobs)).FirstOrDefault(job => job.Kind == SimDiskJobKind.Check && job.Storage == storage);

    /// <summary>The device does nothing for so long.</summary>
    public void Stall(TimeSpan duration) => _deviceFreeAt = TimeSpan.FromTicks(Math.Max(_deviceFreeAt.Ticks, (simulation.Elapsed + duration).Ticks));

    /// <summary>The process is gone: of the turns under way the seed decides how far their writes got, and nothing answers.</summary>
    public void Kill()
    {
        foreach (var turn in _running)
        {
            turn.End!.Dispose();
            var writes = turn.Lanes.SelectMany(lane => lane.Taken).Where(job => job.Kind == SimDiskJobKind.Write).ToList();
            foreach (var job in writes.Take(random.Next(writes.Count + 1))) work.WriteUnanswered(job);
            foreach (var job in turn.Lanes.SelectMany(lane => lane.Taken).Where(job => job.Kind is SimDiskJobKind.Move or SimDiskJobKind.Rename or SimDiskJobKind.Delete)) work.RelocateUnanswered(job);
        }

        _running.Clear();
        _ready.Clear();
        _deviceFreeAt = TimeSpan.Zero;
    }

    private void Pump()
    {
        while (_running.Count < settings().Workers && _ready.Count > 0) Start();
    }

    private void Start()
    {
        var turn = new DiskTurn();
        var budget = random.NextInt64(PieceGeometry.BlockSize, settings().TurnBytes + 1L);
        do
        {
            var index = random.Next(_ready.Count);
            var lane = _ready[index];
            var isFence = lane.Jobs.Peek().IsFence;
            if (isFence && turn.Lanes.Count > 0) break;
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            var taken = new List<SimDiskJob>();
            do
            {
                taken.Add(lane.Jobs.Dequeue());
                budget -= work.BytesOf(taken[^1]);
            }
            while (budget > 0 && lane.Jobs.Count > 0);
            turn.Lanes.Add(new DiskTurn.Part(lane, taken));
            if (isFence) break;
        }
        while (budget > 0 && _ready.Count > 0);
        _running.Add(turn);
        turn.End = simulation.Schedule(DurationOf(turn), () => End(turn));
    }

    private TimeSpan DurationOf(DiskTurn turn)
    {
        var latency = TimeSpan.Zero;
        var bytes = 0L;
        var writes = false;
        foreach (var job in turn.Lanes.SelectMany(lane => lane.Taken))
        {
            bytes += work.BytesOf(job);
            writes |= job.Kind == SimDiskJobKind.Write;
            latency += LatencyOf(job.Kind);
        }

        if (writes) latency += settings().WriteLatency.Draw(random);
        var now = simulation.Elapsed;
        _deviceFreeAt = (_deviceFreeAt > now ? _deviceFreeAt : now) + TimeSpan.FromSeconds((double)bytes / settings().BytesPerSecond);
        return _deviceFreeAt - now + latency;
    }

    private TimeSpan LatencyOf(SimDiskJobKind kind) => kind switch
    {
        SimDiskJobKind.Open => settings().OpenLatency.Draw(random),
        SimDiskJobKind.Read or SimDiskJobKind.HashBlocks or SimDiskJobKind.Check => settings().ReadLatency.Draw(random),
        SimDiskJobKind.Move or SimDiskJobKind.Rename or SimDiskJobKind.Delete => settings().FlushLatency.Draw(random),
        SimDiskJobKind.Flush => settings().FlushLatency.Draw(random),
        SimDiskJobKind.Close => settings().CloseLatency.Draw(random),
        _ => TimeSpan.Zero,
    };

    private void End(DiskTurn turn)
    {
        _running.Remove(turn);
        work.Do(turn);
        foreach (var (lane, taken) in turn.Lanes)
        {
            if (taken[0] is { IsFence: true } fence)
            {
                if (fence.Check.Count > 0)
                {
                    // The next run of a check comes after whatever is picked meanwhile.
                    lane.Jobs.Enqueue(fence);
                    _ready.Add(lane);
                }
                else
                {
                    work.EndFence(fence);
                }

                continue;
            }

            if (lane.Jobs.Count > 0) _ready.Add(lane);
            lane.Storage.Complete(lane, taken.Count);
        }

        Pump();
    }
}

/// <summary>Jobs that are done together.</summary>
internal sealed class DiskTurn
{
    public List<Part> Lanes { get; } = [];

    /// <summary>What calls its end off.</summary>
    public IDisposable? End { get; set; }

    public int Jobs => Lanes.Sum(lane => lane.Taken.Count);

    /// <summary>What was taken from a lane.</summary>
    internal sealed record Part(DiskLane Lane, List<SimDiskJob> Taken);
}
