#!/usr/bin/env python3
"""Seeds every torrent of a folder with libtorrent, believed complete, without discovery of any kind: libtorrent_idle.py TORRENTS DATA PORT."""
import glob, signal, sys
import libtorrent as lt

torrents, data, port = sys.argv[1:]
session = lt.session({"listen_interfaces": "127.0.0.1:" + port, "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "alert_mask": 0, "active_seeds": -1, "active_limit": -1,
                      "connections_limit": 1000, "auto_manage_interval": 3600, "allow_multiple_connections_per_ip": True})
for path in sorted(glob.glob(torrents + "/*.torrent")):
    p = lt.add_torrent_params(); p.ti, p.save_path = lt.torrent_info(path), data
    p.flags = lt.torrent_flags.seed_mode
    session.async_add_torrent(p)
signal.pause()
