using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>Looks at what peers that ask for metadata (BEP 9) were given of private torrents (BEP 27).</summary>
internal sealed class PrivacyCheck(SimWorld world) : WorldCheck(world, "Nobody is told a private torrent's metadata")
{
    public override void OnInterval()
    {
        if (World.Peers.FirstOrDefault(peer => peer.Content.Metainfo.IsPrivate && peer.MetadataReceived > 0) is { } peer) Broken(null, $"{peer.Host.Name} was given {peer.MetadataReceived} pieces of it");
    }
}
