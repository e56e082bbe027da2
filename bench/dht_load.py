#!/usr/bin/env python3
"""DHT queries a second that nodes answer (BEP 5), with checked replies, in a closed loop, in turn.

Starts the nodes on one core, and for each kind of query lets dht_load.c, which is compiled here and works on another core, ask one node after the other, --runs times round: ping, find_node,
get_peers (what nobody announced), announce_peer (a get_peers for the token and the announce with it, counted as one), get_values (get_peers for what all sources announced), mix. The queries come from many
addresses in 127.0.0.0/8, each with a window of queries under way. Prints one JSON line a run, then a table with the median and the span of each, and the ratio to the last --node:

  repliesPerSecond         replies that were right: our transaction id, y=r, an id; nodes in find_node; a token, and nodes or values, in get_peers; values in get_values
  lossPercent              queries without a reply within --timeout, of all that were sent
  bad, errors, stale       replies that were wrong (the first in firstBad), KRPC errors, replies after their time
  serverCpuSecondsPer1000  user + system seconds of the node's process for a thousand replies
  serverCpuPercent         of its core that the node used: well below 100 the load, or who else runs on the machine, was the limit
  loadCpuPercent           of its core that dht_load.c had; it never sleeps, so well below 100 others ran there
  p50/p99Microseconds      from the call that sends a query to the one that receives its reply

Nodes, each with its limits off:
  --node swarm                 --swarm says where it is (as bench/README.md publishes it)
  --node libtorrent            needs python3-libtorrent at /usr/bin/python3
  --node aria2                 needs aria2c
  --command 'prog ... {port}'  any other; {folder} is replaced too
  --port P [--pid N]           one that runs (without --pid its CPU time is not known)

Needs a C compiler (cc) and Linux. Example:  python3 bench/dht_load.py --node swarm --node libtorrent
"""
import argparse, json, os, shlex, shutil, signal, socket, statistics, subprocess, sys, tempfile, time
from content import Content

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["ping", "find_node", "get_peers", "get_values", "announce_peer", "mix"]
LIBTORRENT = r'''
import sys, time
import libtorrent as lt
session = lt.session(dict(listen_interfaces="127.0.0.1:" + sys.argv[1], enable_dht=True, enable_lsd=False, enable_upnp=False, enable_natpmp=False, dht_bootstrap_nodes="", dht_enforce_node_id=False,
    dht_prefer_verified_node_ids=False, dht_upload_rate_limit=1 << 30, dht_block_ratelimit=1 << 30, dht_block_timeout=1, dht_restrict_routing_ips=False, dht_restrict_search_ips=False,
    dht_ignore_dark_internet=False, dht_max_torrents=1 << 20, dht_max_peers=10000, alert_mask=0))
time.sleep(3600)
'''


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(name, port, server, seconds=20):
    """Until the node answers a ping."""
    query = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(0.2)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if server and server.poll() is not None: sys.exit("%s ended by itself, with %d" % (name, server.returncode))
            try:
                s.send(query)
                if b"1:y1:r" in s.recv(4096): return
            except socket.timeout: continue
            except ConnectionRefusedError: time.sleep(0.1)
    sys.exit("no reply to a ping from %s at 127.0.0.1:%d within %d s" % (name, port, seconds))


def command_of(name, a, port, folder):
    if name == "libtorrent": return ["/usr/bin/python3", "-c", LIBTORRENT, str(port)]
    if name == "command": return shlex.split(a.command.replace("{port}", str(port)).replace("{folder}", folder))
    content = Content(folder, 1 << 16, 1 << 15)
    if name == "swarm":
        most = "10000000"
        return shlex.split(a.swarm) + ["seed", content.path, "--torrent", content.torrent, "--port", str(port), "--bind", "127.0.0.1", "--data", os.path.join(folder, "state"), "--json", "--dht-router", "127.0.0.1:9",
                                       "--dht-queries", most, "--dht-queries-per-host", most, "--dht-queries-per-network", most] + shlex.split(a.swarm_options)
    return ["aria2c", "--no-conf", "--enable-dht=true", "--dht-listen-port=%d" % port, "--listen-port=%d" % port, "--dht-file-path=" + os.path.join(folder, "dht.dat"), "--dht-entry-point=127.0.0.1:9",
            "--dir=" + os.path.join(folder, "out"), "--enable-dht6=false", "--bt-enable-lpd=false", "--disable-ipv6=true", "--show-console-readout=false", "--dht-listen-addr=127.0.0.1",
            "--bt-external-ip=127.0.0.1", content.torrent]


class Node:
    """A node under load: its port, its process if it is ours."""
    def __init__(self, name, a, work):
        self.name, self.port, self.server = name, a.port if name == "port" else free_port(), None
        self.pid = a.pid
        if name == "port": return
        folder = os.path.join(work, name); os.makedirs(folder)
        command = command_of(name, a, self.port, folder)
        self.server = subprocess.Popen(["taskset", "-c", a.server_cpu] + command, stdout=open(os.path.join(folder, "out.log"), "wb"), stderr=subprocess.STDOUT, cwd=folder, env=dict(os.environ, HOME=folder))
        self.pid = self.server.pid
    def end(self):
        if not self.server: return
        self.server.terminate()
        try: self.server.wait(10)
        except subprocess.TimeoutExpired: self.server.kill()


def span(values, form):
    middle, low, high = (form % x for x in (statistics.median(values), min(values), max(values)))
    return middle if low == high else "%s (%s–%s)" % (middle, low, high)


def print_table(results, nodes, kinds):
    print("\n| query | node | replies/s | ratio | loss % | bad + errors | CPU ms per 1000 | p50 µs | p99 µs | nodes | values | bytes | node CPU % | load CPU % |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for kind in kinds:
        for node in nodes:
            of = lambda column: [x[column] for x in results[kind, node]]
            ratio = "" if node == nodes[-1] else span([x / y for x, y in zip(of("repliesPerSecond"), (z["repliesPerSecond"] for z in results[kind, nodes[-1]])) if y], "%.2f")
            print("| %s | %s | %s | %s | %s | %d | %s | %s | %s | %s | %s | %s | %s | %s |" % (kind, node, span(of("repliesPerSecond"), "%.0f"), ratio, span(of("lossPercent"), "%.2f"), sum(of("bad")) + sum(of("errors")),
                  span([1000 * x for x in of("serverCpuSecondsPer1000")], "%.2f"), span(of("p50Microseconds"), "%.0f"), span(of("p99Microseconds"), "%.0f"), span(of("nodesPerReply"), "%.1f"),
                  span(of("valuesPerReply"), "%.1f"), span(of("bytesPerReply"), "%.0f"), span(of("serverCpuPercent"), "%.0f"), span(of("loadCpuPercent"), "%.0f")))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--node", action="append", default=[], choices=["swarm", "libtorrent", "aria2"], help="may be repeated; the last is what the others are compared with")
    ap.add_argument("--port", type=int, help="of a node that runs")
    ap.add_argument("--pid", type=int, default=0, help="process of the node at --port")
    ap.add_argument("--command", help="starts another node; {port} and {folder} are replaced")
    ap.add_argument("--swarm", default=os.path.join(os.path.dirname(HERE), "artifacts", "swarm", "swarm"), help="the program (default artifacts/swarm/swarm)")
    ap.add_argument("--swarm-options", default="", help="further options of swarm seed")
    ap.add_argument("--kinds", default="ping,find_node,get_peers,get_values,announce_peer", help="of %s (default: all but mix)" % ", ".join(KINDS))
    ap.add_argument("--runs", type=int, default=5, help="of each kind and node (default 5)")
    ap.add_argument("--seconds", type=int, default=3, help="counted, a run (default 3)")
    ap.add_argument("--warm", type=int, default=1, help="seconds before, not counted (default 1)")
    ap.add_argument("--sources", type=int, default=128, help="addresses (default 128)")
    ap.add_argument("--window", type=int, default=2, help="queries under way from each (default 2)")
    ap.add_argument("--hashes", type=int, default=100, help="different info-hashes that are announced (default 100)")
    ap.add_argument("--timeout", type=int, default=1000, help="milliseconds until a query is lost (default 1000)")
    ap.add_argument("--server-cpu", default="0", help="for the nodes (default 0)")
    ap.add_argument("--load-cpu", default="1", help="for the load (default 1)")
    a = ap.parse_args()
    kinds, names = a.kinds.split(","), (["port"] if a.port else []) + (["command"] if a.command else []) + a.node
    for kind in kinds:
        if kind not in KINDS: ap.error("unknown kind " + kind)
    if not names: ap.error("which node? see --node, --command, --port")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work, nodes, results = tempfile.mkdtemp(prefix="dht-load-"), [], {}
    try:
        program = os.path.join(work, "dht_load")
        subprocess.check_call(["cc", "-O2", "-std=gnu11", "-Wall", "-Wextra", os.path.join(HERE, "dht_load.c"), "-o", program])
        def ask(node, kind, seconds, warm):
            values = [node.port, kind, seconds, warm, a.sources, a.window, a.hashes, a.timeout, node.pid]
            return json.loads(subprocess.check_output(["taskset", "-c", a.load_cpu, program] + [str(value) for value in values]))
        for name in names:
            nodes.append(Node(name, a, work))
            wait_for(name, nodes[-1].port, nodes[-1].server)
            # Its table fills and its code is compiled, not counted.
            ask(nodes[-1], "mix", 1, 4)
        for kind in kinds:
            for run in range(a.runs):
                for node in nodes:
                    result = dict(ask(node, kind, a.seconds, a.warm), node=node.name, run=run)
                    results.setdefault((kind, node.name), []).append(result)
                    print(json.dumps(result), flush=True)
        print_table(results, [node.name for node in nodes], kinds)
    finally:
        for node in nodes: node.end()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__": main()
