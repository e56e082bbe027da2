using Swarm.Actors.Ports;

namespace Swarm.TestKit.Web;

/// <summary>The names of a <see cref="SimWeb"/> as nodes see them.</summary>
public sealed class SimDns(SimWeb web) : IDns
{
    /// <inheritdoc/>
    public void Resolve(long id, string host, IActorRef replyTo)
    {
        var settings = web.Settings;
        var fails = web.Happens(settings.DnsFailure);
        web.Simulation.Schedule(fails ? settings.DnsTimeout : settings.DnsLatency.Draw(web.Random), () =>
        {
            var addresses = web.Resolve(host);
            object answer = fails ? new IDns.Failed(id, host, $"{host} was not resolved in time.")
                : addresses.IsEmpty ? new IDns.Failed(id, host, $"{host} has no address.")
                : new IDns.Resolved(id, host, addresses);
            replyTo.Tell(answer, ActorRefs.NoSender);
        });
    }
}
