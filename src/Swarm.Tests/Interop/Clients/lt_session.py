#!/usr/bin/env python3
"""A libtorrent session in its own process, for tests.

Reads one JSON command a line from stdin, writes one JSON event a line to stdout. The end of stdin ends it, so it never outlives its test.

  usage: lt_session.py ADDRESS[,ADDRESS...] [PORT]   listens at each ADDRESS (an IPv4 or IPv6 address), any free port, and calls out from there; with a PORT it listens there and takes part in the DHT, with a node at each

  commands  {"cmd":"add", "torrent":PATH | "magnet":LINK, "dir":FOLDER, "peers":[[ADDRESS,PORT]...], "trackers":[URL...], "upload_limit":BYTES_A_SECOND}
            {"cmd":"connect", "hash":HEX, "ip":ADDRESS, "port":PORT}
            {"cmd":"stats", "hash":HEX, "id":N}
            {"cmd":"node", "ip":ADDRESS, "port":PORT}                       a node of the DHT to begin with
            {"cmd":"put", "value":TEXT}  {"cmd":"get", "target":HEX}        an immutable item (BEP 44)
            {"cmd":"put_mutable", "private":HEX, "public":HEX, "value":TEXT, "salt":TEXT}  {"cmd":"get_mutable", "public":HEX, "salt":TEXT}
            {"cmd":"quit"}
  events    {"ev":"listening","port":N}  {"ev":"metadata","hash":HEX}  {"ev":"complete","hash":HEX}  {"ev":"tracked","hash":HEX,"peers":N}
            {"ev":"stats","id":N,"uploaded":N,"downloaded":N}  {"ev":"log","text":TEXT}
            {"ev":"put","text":TEXT}  {"ev":"item","value":TEXT}

TCP only, plaintext only, no local discovery or port mapping: a test introduces the peers it means.
"""
import json
import queue
import sys
import threading

import libtorrent as lt


def say(event, **fields):
    fields["ev"] = event
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def session(address, port):
    at = ",".join("%s:%s" % ("[%s]" % one if ":" in one else one, port) for one in address.split(","))
    categories = lt.alert.category_t
    return lt.session({
        "listen_interfaces": at, "outgoing_interfaces": address,
        "enable_dht": port != 0, "dht_bootstrap_nodes": "", "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False, "dht_enforce_node_id": False,
        "dht_prefer_verified_node_ids": False, "dht_block_ratelimit": 1000, "dht_announce_interval": 5,
        "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_outgoing_utp": False, "enable_incoming_utp": False, "in_enc_policy": 2, "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True, "rate_limit_ip_overhead": False,
        "min_reconnect_time": 1, "peer_connect_timeout": 5, "stop_tracker_timeout": 1,
        "alert_mask": categories.status_notification | categories.error_notification | categories.tracker_notification
        | categories.connect_notification | categories.peer_notification | categories.storage_notification | categories.dht_notification,
    })


def add(ses, c):
    if "magnet" in c:
        p = lt.parse_magnet_uri(c["magnet"])
    else:
        p = lt.add_torrent_params()
        p.ti = lt.torrent_info(c["torrent"])
    p.save_path = c["dir"]
    p.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    p.upload_limit = c.get("upload_limit", 0) or -1
    handle = ses.add_torrent(p)
    for url in c.get("trackers", []):
        handle.add_tracker({"url": url})
    for ip, port in c.get("peers", []):
        handle.connect_peer((ip, port))
    handles[str(handle.info_hash())] = handle


def stats(c):
    s = handles[c["hash"]].status()
    say("stats", id=c["id"], uploaded=s.total_payload_upload, downloaded=s.total_payload_download)


def dht(ses, c):
    if c["cmd"] == "node":
        ses.add_dht_node((c["ip"], c["port"]))
    elif c["cmd"] == "put":
        ses.dht_put_immutable_item(c["value"])
    elif c["cmd"] == "get":
        ses.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(c["target"])))
    elif c["cmd"] == "put_mutable":
        ses.dht_put_mutable_item(bytes.fromhex(c["private"]), bytes.fromhex(c["public"]), c["value"].encode(), c["salt"].encode())
    elif c["cmd"] == "get_mutable":
        ses.dht_get_mutable_item(bytes.fromhex(c["public"]), c["salt"].encode())


def obey(ses, c):
    try:
        if c["cmd"] == "add":
            add(ses, c)
        elif c["cmd"] == "connect":
            handles[c["hash"]].connect_peer((c["ip"], c["port"]))
        elif c["cmd"] == "stats":
            stats(c)
        else:
            dht(ses, c)
    except Exception as e:                             # a wrong command must be seen in the test's output, not end the session
        say("log", text="%r: %r" % (c, e))


def listen():
    for line in sys.stdin:
        commands.put(json.loads(line))
    commands.put({"cmd": "quit"})


def report(alert):
    what = type(alert).__name__
    if what == "listen_succeeded_alert":
        if "TCP" in alert.message().upper():
            say("listening", port=alert.port)
    elif what == "metadata_received_alert":
        say("metadata", hash=str(alert.handle.info_hash()))
    elif what == "torrent_finished_alert":
        alert.handle.flush_cache()                     # verified is not yet written
    elif what == "cache_flushed_alert":
        if alert.handle.status().is_seeding:
            say("complete", hash=str(alert.handle.info_hash()))
    elif what == "dht_put_alert":
        say("put", text=alert.message())
    elif what in ("dht_immutable_item_alert", "dht_mutable_item_alert"):
        value = alert.item["value"]
        say("item", value=value.decode() if isinstance(value, bytes) else str(value))
    elif what == "tracker_reply_alert":
        say("tracked", hash=str(alert.handle.info_hash()), peers=alert.num_peers)
    say("log", text=what + ": " + alert.message())


handles = {}
commands = queue.SimpleQueue()


# One thread has to do with libtorrent, the other with stdin: two in its bindings at once have been seen to stand still for ever.
def main():
    ses = session(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    threading.Thread(target=listen, daemon=True).start()
    while True:
        while not commands.empty():
            c = commands.get()
            if c["cmd"] == "quit":
                return
            obey(ses, c)
        ses.wait_for_alert(20)
        for alert in ses.pop_alerts():
            report(alert)


main()
