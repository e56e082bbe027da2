using Swarm.Actors.Torrents;

namespace Swarm.Host.Api.Transmission;

/// <summary>The fields of "torrent_get" that speak of connections.</summary>
internal static class RpcPeerFields
{
    /// <summary>The connections.</summary>
    public static void Peers(RpcWriter writer, string name, RpcTorrent torrent)
    {
        writer.StartArray(name);
        foreach (var peer in torrent.Details?.Peers ?? [])
        {
            writer.Json.WriteStartObject();
            writer.Text("address", peer.Remote.Address.ToString());
            writer.Number("port", peer.Remote.Port);
            writer.Text("client_name", peer.Client);
            writer.Flag("client_is_choked", peer.PeerChokes);
            writer.Flag("client_is_interested", peer.WeAreInterested);
            writer.Text("flag_str", FlagsOf(peer));
            writer.Flag("is_downloading_from", peer.DownloadRate > 0);
            writer.Flag("is_encrypted", false);
            writer.Flag("is_incoming", peer.Incoming);
            writer.Flag("is_uploading_to", peer.UploadRate > 0);
            writer.Flag("is_utp", false);
            writer.Flag("peer_is_choked", peer.WeChoke);
            writer.Flag("peer_is_interested", peer.PeerIsInterested);
            writer.Real("progress", peer.Progress);
            writer.Number("rate_to_client", peer.DownloadRate);
            writer.Number("rate_to_peer", peer.UploadRate);
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    /// <summary>Where they are known from: who connected is told apart, the others are counted as the trackers'.</summary>
    public static void PeersFrom(RpcWriter writer, string name, RpcTorrent torrent)
    {
        var incoming = torrent.Details?.Peers.Count(peer => peer.Incoming) ?? 0;
        writer.StartObject(name);
        foreach (var source in (string[])["from_cache", "from_dht", "from_lpd", "from_ltep", "from_pex"]) writer.Number(source, 0);
        writer.Number("from_incoming", incoming);
        writer.Number("from_tracker", (torrent.Details?.Peers.Length ?? 0) - incoming);
        writer.Json.WriteEndObject();
    }

    // Transmission's letters: D and U flow, d and u would flow if the other let it, K and ? are let and do not want, I came in.
    private static string FlagsOf(PeerLine peer) => string.Concat(
        peer.DownloadRate > 0 ? "D" : peer.WeAreInterested ? "d" : "",
        peer.UploadRate > 0 ? "U" : peer.PeerIsInterested ? "u" : "",
        peer is { PeerChokes: false, WeAreInterested: false } ? "K" : "",
        peer is { WeChoke: false, PeerIsInterested: false } ? "?" : "",
        peer.Incoming ? "I" : "");
}
