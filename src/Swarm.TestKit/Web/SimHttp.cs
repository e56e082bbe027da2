using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Web;

/// <summary>
/// One node's way to the servers of a <see cref="SimWeb"/>, with the real port's promises: one answer a request, none after <see cref="Cancel"/>; the time-out runs from the call; an id names one
/// request at a time; redirects are followed so many times, never from https to http; a body that is longer than asked for, or breaks off, is a failure; a family that either side lacks is one too.
/// </summary>
public sealed class SimHttp(SimWeb web, ImmutableArray<IPAddress> addresses) : IHttp
{
    private readonly SortedDictionary<long, Exchange> _exchanges = [];

    /// <summary>Requests under way.</summary>
    public int Pending => _exchanges.Count;

    /// <inheritdoc/>
    public void Get(HttpFetch request, IActorRef replyTo)
    {
        var refusal = _exchanges.ContainsKey(request.Id) ? $"The request {request.Id} is under way already."
            : _exchanges.Count >= web.Settings.MaxRequests ? $"{_exchanges.Count} HTTP requests wait already."
            : null;
        if (refusal is not null)
        {
            replyTo.Tell(new IHttp.Failed(request.Id, refusal), ActorRefs.NoSender);
            return;
        }

        var exchange = new Exchange(request, replyTo);
        _exchanges.Add(request.Id, exchange);
        exchange.Limit = web.Simulation.Schedule(request.Timeout, () => Fail(exchange, $"{request.Url.Host} did not answer within {request.Timeout.TotalSeconds:0.#} s."));
        Hop(exchange, request.Url.OriginalString, redirects: 0);
    }

    /// <inheritdoc/>
    public void Cancel(long id)
    {
        if (_exchanges.Remove(id, out var exchange)) exchange.End();
    }

    /// <summary>The process is gone: nothing is answered any more.</summary>
    public void Close()
    {
        foreach (var exchange in _exchanges.Values) exchange.End();
        _exchanges.Clear();
    }

    private void Hop(Exchange exchange, string url, int redirects) =>
        exchange.Step = web.Simulation.Schedule(web.Settings.Latency.Draw(web.Random), () => Reach(exchange, url, redirects));

    private void Reach(Exchange exchange, string url, int redirects)
    {
        var uri = new Uri(url);
        var (from, reason) = AddressFor(uri, exchange.Request.Family);
        if (from is null)
        {
            Fail(exchange, reason);
            return;
        }

        if (web.ServerOf(uri) is not { } server || web.Happens(web.Settings.Failure))
        {
            Fail(exchange, $"{uri.Host} failed: the connection was refused.");
            return;
        }

        var reply = server(new WebGet(url, from));
        if (reply.IsSilence || web.Happens(web.Settings.Silence)) return;
        exchange.Step = web.Simulation.Schedule(reply.Delay + web.Settings.Latency.Draw(web.Random), () => OnReply(exchange, uri, reply, redirects));
    }

    private (IPAddress? From, string Reason) AddressFor(Uri uri, AddressFamily family)
    {
        var remotes = web.Resolve(uri.Host);
        if (remotes.IsEmpty) return (null, $"{uri.Host} has no address.");
        var from = addresses.FirstOrDefault(own => (family == AddressFamily.Unspecified || own.AddressFamily == family) && remotes.Any(remote => remote.AddressFamily == own.AddressFamily));
        return (from, $"{uri.Host} cannot be reached over {family}.");
    }

    private void OnReply(Exchange exchange, Uri url, WebReply reply, int redirects)
    {
        if (reply is { Location: { } location, Status: 301 or 302 or 303 or 307 or 308 })
        {
            if (redirects == web.Settings.RedirectLimit) Fail(exchange, $"{url.Host} redirects again after {redirects} redirects.");
            else if (!Uri.TryCreate(url, location, out var next) || (next.Scheme != Uri.UriSchemeHttp && next.Scheme != Uri.UriSchemeHttps)) Fail(exchange, $"{url.Host} redirects to something that is not an http or https URL.");
            else if (url.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp) Fail(exchange, $"{url.Host} redirects from https to http.");
            else Hop(exchange, next.OriginalString.Contains("://", StringComparison.Ordinal) ? next.OriginalString : next.AbsoluteUri, redirects + 1);
            return;
        }

        if (reply.Body.Length > exchange.Request.BodyLimit) Fail(exchange, $"{url.Host} sent more than the {exchange.Request.BodyLimit} bytes that were asked for.");
        else if (reply.BreaksAfter < reply.Body.Length || web.Happens(web.Settings.Truncation)) Fail(exchange, $"{url.Host} closed the connection before its reply was whole.");
        else Answer(exchange, new IHttp.Replied(exchange.Request.Id, reply.Status, reply.Body));
    }

    private void Fail(Exchange exchange, string reason) => Answer(exchange, new IHttp.Failed(exchange.Request.Id, reason));

    private void Answer(Exchange exchange, object answer)
    {
        _exchanges.Remove(exchange.Request.Id);
        exchange.End();
        exchange.ReplyTo.Tell(answer, ActorRefs.NoSender);
    }

    private sealed class Exchange(HttpFetch request, IActorRef replyTo)
    {
        public HttpFetch Request => request;

        public IActorRef ReplyTo => replyTo;

        public IDisposable? Limit { get; set; }

        public IDisposable? Step { get; set; }

        public void End()
        {
            Limit?.Dispose();
            Step?.Dispose();
        }
    }
}
