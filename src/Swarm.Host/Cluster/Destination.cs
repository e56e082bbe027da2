using System.Collections.Immutable;
using System.Threading.Channels;

namespace Swarm.Host.Cluster;

/// <summary>
/// Messages for one node: a bounded queue, and one loop that sends what waits as one request after another, so that order is kept as long as nothing fails.
/// <para>
/// When a request fails, what it carried and what waited behind it are dropped and counted: old news of a cluster is worth nothing. Then it pauses, twice as long each time, and what comes meanwhile waits. After a time without messages the loop ends; the owner
/// makes a new one when it needs it. Nothing here blocks or throws for what the network does.
/// </para>
/// </summary>
internal sealed class Destination
{
    private readonly NodeLinkSettings _settings;
    private readonly LinkCounting _counting;
    private readonly LinkClient _client;
    private readonly LinkPeer _peer;
    private readonly Channel<ImmutableArray<byte>> _queue;
    private long _bytes;

    /// <summary>For one node. It sends once <see cref="RunAsync"/> runs.</summary>
    public Destination(LinkPeer peer, LinkClient client, NodeLinkSettings settings, LinkCounting counting)
    {
        _peer = peer;
        _client = client;
        _settings = settings;
        _counting = counting;
        _queue = Channel.CreateBounded<ImmutableArray<byte>>(new BoundedChannelOptions(settings.QueueLimit) { SingleReader = true });
    }

    /// <summary>Whether a message waits.</summary>
    public bool HasWaiting => _queue.Reader.Count > 0;

    /// <summary>False: too much waits, or it has ended.</summary>
    public bool TrySend(ImmutableArray<byte> message)
    {
        if (Interlocked.Add(ref _bytes, message.Length) <= _settings.QueueBytes && _queue.Writer.TryWrite(message))
        {
            _counting.Waits(message.Length);
            return true;
        }

        Interlocked.Add(ref _bytes, -message.Length);
        return false;
    }

    /// <summary>Sends until it is cancelled, or nothing has come for a time and <paramref name="mayEnd"/> agrees.</summary>
    public async Task RunAsync(Func<bool> mayEnd, CancellationToken cancellation)
    {
        var pause = TimeSpan.Zero;
        try
        {
            while (await HasMessagesAsync(cancellation).ConfigureAwait(false) || !mayEnd())
            {
                if (!HasWaiting) continue;
                var batch = Take();
                if (await DeliverAsync(batch, cancellation).ConfigureAwait(false))
                {
                    pause = TimeSpan.Zero;
                    continue;
                }

                Drop();
                pause = pause == TimeSpan.Zero ? _settings.FirstBackOff : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _settings.LongestBackOff.Ticks));
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The link was closed.
        }
        finally
        {
            _queue.Writer.TryComplete();
            Drop();
        }
    }

    private async Task<bool> HasMessagesAsync(CancellationToken cancellation)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        idle.CancelAfter(_settings.IdleTime);
        try
        {
            return await _queue.Reader.WaitToReadAsync(idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> DeliverAsync(List<ImmutableArray<byte>> batch, CancellationToken cancellation)
    {
        var isDelivered = false;
        try
        {
            var answer = await _client.AskAsync(_peer, LinkPart.Messages, MessageBatch.Write(batch), _settings.RequestTimeout, cancellation).ConfigureAwait(false);
            isDelivered = answer is { Status: NodeAnswerStatus.Done };
        }
        finally
        {
            if (isDelivered) _counting.Delivered(batch.Count);
            else
            {
                _counting.Failed();
                _counting.Undelivered(batch.Count);
            }
        }

        return isDelivered;
    }

    private List<ImmutableArray<byte>> Take()
    {
        var batch = new List<ImmutableArray<byte>>();
        var bytes = 0;
        while (batch.Count < _settings.BatchMessages && _queue.Reader.TryPeek(out var next) && bytes + next.Length + MessageBatch.Overhead <= _settings.RequestBytes && _queue.Reader.TryRead(out next))
        {
            Left(next);
            bytes += next.Length + MessageBatch.Overhead;
            batch.Add(next);
        }

        return batch;
    }

    private void Drop()
    {
        while (_queue.Reader.TryRead(out var message))
        {
            Left(message);
            _counting.Undelivered(1);
        }
    }

    private void Left(ImmutableArray<byte> message)
    {
        Interlocked.Add(ref _bytes, -message.Length);
        _counting.Waits(-message.Length);
    }
}
