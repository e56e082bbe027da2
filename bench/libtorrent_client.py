"""A libtorrent session with one torrent: libtorrent_client.py leech|seed|recheck TORRENT FOLDER PORT|ADDRESS:PORT. Says "ready" when it listens, "done" when everything is there and checked."""
import sys, time
import libtorrent as lt

mode, torrent, folder, port = sys.argv[1:5]
settings = lt.high_performance_seed()
settings.update(listen_interfaces=port if ":" in port else "127.0.0.1:" + port, enable_dht=False, enable_lsd=False, enable_upnp=False, enable_natpmp=False, enable_outgoing_utp=False, enable_incoming_utp=False,
                in_enc_policy=2, out_enc_policy=2, allow_multiple_connections_per_ip=True, max_out_request_queue=3000, max_allowed_in_request_queue=5000, request_queue_time=3,
                max_queued_disk_bytes=64 << 20, send_buffer_watermark=8 << 20, send_buffer_watermark_factor=150, send_buffer_low_watermark=1 << 20, unchoke_slots_limit=-1, connections_limit=2000,
                no_recheck_incomplete_resume=mode != "recheck", alert_mask=0)
session = lt.session(settings)
p = lt.add_torrent_params()
p.ti = lt.torrent_info(torrent)
p.save_path = folder
if mode == "seed": p.have_pieces = [True] * p.ti.num_pieces()
p.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
handle = session.add_torrent(p)
print("ready", flush=True)
while not handle.status().is_seeding: time.sleep(0.02 if mode == "leech" else 0.005)
print("done", flush=True)
time.sleep(3600)
