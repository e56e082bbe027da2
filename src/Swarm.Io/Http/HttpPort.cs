using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Http;

/// <summary>
/// <see cref="IHttp"/> over the system's sockets. Called from any thread; answers come from the thread pool. Owns the requests under way and waiting; each runs as one
/// <see cref="HttpExchange"/>, at most <see cref="HttpPortSettings.Concurrency"/> at a time, the rest in order of arrival.
/// <para>Always holds: a request gets exactly one answer, unless it is cancelled or the port is disposed, and then none; its time-out runs from the call, waiting included; an id names one
/// request at a time, and a second one under the same id fails.</para>
/// <para>Whoever makes a URL that must go out as it is written, such as a tracker's with its escaped bytes, need only keep that text: it is taken from
/// <see cref="Uri.OriginalString"/> (see <see cref="ExactUri"/>). Best made with <see cref="UriCreationOptions.DangerousDisablePathAndQueryCanonicalization"/>.</para>
/// </summary>
public sealed partial class HttpPort(HttpPortSettings settings, ILogger logger) : IHttp, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Waiting> _requests = [];
    private readonly SemaphoreSlim _turns = new(settings.Concurrency);
    private long _refused;
    private bool _closed;

    /// <summary>Requests that were refused because too many waited, ever.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <inheritdoc/>
    public void Get(HttpFetch request, IActorRef replyTo)
    {
        var waiting = new Waiting(request, replyTo);
        string? refusal;
        lock (_gate)
        {
            refusal = Refusal(request.Id);
            if (refusal is null) _requests.Add(request.Id, waiting);
        }

        if (refusal is null)
        {
            _ = Task.Run(() => RunAsync(waiting));
            return;
        }

        waiting.Dispose();
        Interlocked.Increment(ref _refused);
        replyTo.Tell(new IHttp.Failed(request.Id, refusal), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public void Cancel(long id)
    {
        lock (_gate)
        {
            if (_requests.Remove(id, out var waiting)) waiting.Cancel();
        }
    }

    /// <summary>Cancels everything; nothing is answered any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var waiting in _requests.Values) waiting.Cancel();
            _requests.Clear();
        }
    }

    private string? Refusal(long id)
    {
        if (_closed) return "The node is stopping.";
        if (_requests.ContainsKey(id)) return $"The request {id} is under way already.";
        return _requests.Count >= settings.Concurrency + settings.QueueLimit ? $"{_requests.Count} HTTP requests wait already." : null;
    }

    private async Task RunAsync(Waiting waiting)
    {
        var timeout = waiting.Start(settings.MaxTimeout);
        object? answer;
        try
        {
            await _turns.WaitAsync(waiting.Cancellation).ConfigureAwait(false);
            try
            {
                LogStarted(logger, waiting.Request.Id, waiting.Request.Url.Host);
                answer = await new HttpExchange(waiting.Request, settings).RunAsync(waiting.Cancellation).ConfigureAwait(false);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (Exception) when (waiting.Cancellation.IsCancellationRequested)
        {
            // Whatever an interrupted exchange throws, the reason is the interruption. Who cancelled it is not listening (see below).
            answer = new IHttp.Failed(waiting.Request.Id, $"{waiting.Request.Url.Host} did not answer within {timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception e)
        {
            LogBug(logger, e, waiting.Request.Id);
            answer = new IHttp.Failed(waiting.Request.Id, $"The request failed unexpectedly: {e.Message.ReplaceLineEndings(" ")}");
        }

        bool cancelled;
        lock (_gate)
        {
            cancelled = waiting.IsCancelled;
            if (!cancelled) _requests.Remove(waiting.Request.Id);
            waiting.Dispose();
        }

        if (!cancelled) waiting.ReplyTo.Tell(answer, ActorRefs.NoSender);
    }

    [LoggerMessage(Level = LogLevel.Trace, Message = "HTTP request {Id} to {Host}")]
    private static partial void LogStarted(ILogger logger, long id, string host);

    [LoggerMessage(Level = LogLevel.Error, Message = "HTTP request {Id} failed on a bug")]
    private static partial void LogBug(ILogger logger, Exception exception, long id);

    // Under the port's lock, but for Cancellation and Start.
    private sealed class Waiting(HttpFetch request, IActorRef replyTo) : IDisposable
    {
        private readonly CancellationTokenSource _source = new();

        public HttpFetch Request => request;

        public IActorRef ReplyTo => replyTo;

        public CancellationToken Cancellation => _source.Token;

        public bool IsCancelled { get; private set; }

        public TimeSpan Start(TimeSpan longest)
        {
            var timeout = request.Timeout < longest ? request.Timeout : longest;
            _source.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
            return timeout;
        }

        public void Cancel()
        {
            IsCancelled = true;
            // Its callbacks run on the pool, not under the lock.
            _ = _source.CancelAsync();
        }

        public void Dispose() => _source.Dispose();
    }
}
