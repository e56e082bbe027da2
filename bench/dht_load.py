#!/usr/bin/env python3
"""DHT queries a second that a node answers (BEP 5), with checked replies, in a closed loop.

Sends ping, find_node, get_peers or announce_peer (each with the token of a get_peers before it, which counts as a reply too) from many addresses in 127.0.0.0/8, each with
a window of queries under way, to a node on 127.0.0.1. Compiles dht_load.c beside it, which does the work on one core, and prints its JSON line for each kind:

  repliesPerSecond         replies that were right: our transaction id, y=r, an id; nodes in find_node; a token, and nodes or values, in get_peers
  lossPercent              queries without a reply within --timeout, of all that were sent
  bad, errors, stale       replies that were wrong (the first in firstBad), KRPC errors, replies after their time
  serverCpuSecondsPer1000  user + system seconds of the node's process for a thousand replies
  p50/p99Microseconds      from the call that sends a query to the one that receives its reply

Which node:
  --port P [--pid N]           one that runs (without --pid its CPU time is not known)
  --command 'prog ... {port}'  is started at a free port, on --server-cpu, and stopped at the end
  --libtorrent                 libtorrent with its limits off, for comparison (needs python3-libtorrent at /usr/bin/python3)

Needs a C compiler (cc) and Linux. Example:  python3 bench/dht_load.py --libtorrent --kinds ping,mix
"""
import argparse, os, shlex, shutil, signal, socket, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["ping", "find_node", "get_peers", "announce_peer", "mix"]
LIBTORRENT = r'''
import sys, time
import libtorrent as lt
session = lt.session(dict(listen_interfaces="127.0.0.1:" + sys.argv[1], enable_dht=True, enable_lsd=False, enable_upnp=False, enable_natpmp=False, dht_bootstrap_nodes="",
    dht_upload_rate_limit=1 << 30, dht_block_ratelimit=1 << 30, dht_restrict_routing_ips=False, dht_restrict_search_ips=False, dht_ignore_dark_internet=False, alert_mask=0))
time.sleep(3600)
'''


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, server, seconds=20):
    """Until the node answers a ping."""
    query = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(0.2)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if server and server.poll() is not None: sys.exit("the node ended by itself, with %d" % server.returncode)
            try:
                s.send(query)
                if b"1:y1:r" in s.recv(4096): return
            except socket.timeout: continue
            except ConnectionRefusedError: time.sleep(0.1)
    sys.exit("no reply to a ping from 127.0.0.1:%d within %d s" % (port, seconds))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    node = ap.add_mutually_exclusive_group(required=True)
    node.add_argument("--port", type=int, help="of a node that runs")
    node.add_argument("--command", help="starts a node; {port} is replaced")
    node.add_argument("--libtorrent", action="store_true", help="starts libtorrent")
    ap.add_argument("--pid", type=int, default=0, help="process of the node at --port")
    ap.add_argument("--kinds", default="ping,find_node,get_peers,announce_peer", help="of %s (default: all but mix)" % ", ".join(KINDS))
    ap.add_argument("--seconds", type=int, default=5, help="counted, a kind (default 5)")
    ap.add_argument("--warm", type=int, default=2, help="seconds before, not counted (default 2)")
    ap.add_argument("--sources", type=int, default=64, help="addresses (default 64)")
    ap.add_argument("--window", type=int, default=2, help="queries under way from each (default 2)")
    ap.add_argument("--hashes", type=int, default=1000, help="different info-hashes; 0: always a new one (default 1000)")
    ap.add_argument("--timeout", type=int, default=1000, help="milliseconds until a query is lost (default 1000)")
    ap.add_argument("--server-cpu", default="0", help="for the node that is started (default 0)")
    ap.add_argument("--load-cpu", default="1", help="for the load (default 1)")
    a = ap.parse_args()
    kinds = a.kinds.split(",")
    for kind in kinds:
        if kind not in KINDS: ap.error("unknown kind " + kind)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder, server = tempfile.mkdtemp(prefix="dht-load-"), None
    try:
        program = os.path.join(folder, "dht_load")
        subprocess.check_call(["cc", "-O2", "-std=gnu11", "-Wall", "-Wextra", os.path.join(HERE, "dht_load.c"), "-o", program])
        port, pid = a.port or free_port(), a.pid
        if not a.port:
            command = ["/usr/bin/python3", "-c", LIBTORRENT, str(port)] if a.libtorrent else shlex.split(a.command.replace("{port}", str(port)))
            server = subprocess.Popen(["taskset", "-c", a.server_cpu] + command, stdout=subprocess.DEVNULL, cwd=folder)
            pid = server.pid
        wait_for(port, server)
        for kind in kinds:
            values = [port, kind, a.seconds, a.warm, a.sources, a.window, a.hashes, a.timeout, pid]
            subprocess.check_call(["taskset", "-c", a.load_cpu, program] + [str(value) for value in values])
    finally:
        if server:
            server.terminate()
            try: server.wait(10)
            except subprocess.TimeoutExpired: server.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__": main()
