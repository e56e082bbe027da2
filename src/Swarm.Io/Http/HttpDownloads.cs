using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.Io.Http;

/// <summary>
/// Files fetched by HTTP for the program, as the actors' <see cref="HttpPort"/> fetches for trackers: the same redirects, limits and reach, the body bounded after decompression. Owns the turns:
/// at most <see cref="HttpPortSettings.Concurrency"/> at a time, and one more than its queue holds is refused.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Nobody asks for the semaphore's wait handle, so there is nothing to dispose.")]
public sealed class HttpDownloads(HttpPortSettings settings)
{
    private readonly SemaphoreSlim _turns = new(settings.Concurrency);
    private int _pending;

    /// <summary>Fetches a file of at most <paramref name="bodyLimit"/> bytes.</summary>
    /// <returns>The status and the body, or one line on why there is none.</returns>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<HttpDownload> GetAsync(Uri url, int bodyLimit, TimeSpan timeout, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _pending) > settings.Concurrency + settings.QueueLimit)
        {
            Interlocked.Decrement(ref _pending);
            return new HttpDownload(0, [], "Too many downloads wait already.");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout < settings.MaxTimeout ? timeout : settings.MaxTimeout);
        try
        {
            await _turns.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                var answer = await new HttpExchange(new HttpFetch(0, url, AddressFamily.Unspecified, timeout, bodyLimit), settings).RunAsync(limit.Token).ConfigureAwait(false);
                return answer is IHttp.Replied replied ? new HttpDownload(replied.Status, replied.Body, null) : new HttpDownload(0, [], ((IHttp.Failed)answer).Reason);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (Exception) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // Whatever an interrupted exchange throws, the reason is the interruption.
            return new HttpDownload(0, [], $"{url.Host} did not answer within {timeout.TotalSeconds:0.#} s.");
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}

/// <summary>What came of a download: a status and a body, or, with <paramref name="Failure"/>, neither.</summary>
public sealed record HttpDownload(int Status, ImmutableArray<byte> Body, string? Failure);
