namespace Swarm.Io.Net;

/// <summary>Lends write buffers to turns: as many as there are turns at once, kept for the next, given up when a whole sweep needed fewer.</summary>
internal sealed class SendPlanPool(NetSettings settings)
{
    private readonly Lock _gate = new();
    private readonly Stack<SendPlan> _free = new();
    private int _fewest;

    public SendPlan Rent()
    {
        lock (_gate)
        {
            var found = _free.TryPop(out var plan);
            _fewest = Math.Min(_fewest, _free.Count);
            if (found) return plan!;
        }

        return new SendPlan(settings.WriteBufferBytes);
    }

    public void Return(SendPlan plan)
    {
        plan.Clear();
        lock (_gate) _free.Push(plan);
    }

    /// <summary>Gives up what nobody needed since the last call.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            for (; _fewest > 0; _fewest--) PageRelease.TryRelease(_free.Pop().Buffer);
            _fewest = _free.Count;
        }
    }
}
