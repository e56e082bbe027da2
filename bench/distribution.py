#!/usr/bin/env python3
"""
One blob to many nodes whose links are slow, in the manner in which Kraken's authors measure theirs: how long until each node has it, verified, and how often it left the source. Every node and the source are in a network namespace of
their own, with --rate Mbit/s each way. One JSON line a run, then a table: p50 and p99 of the nodes' times, their ratio, and beside them the time that the link alone takes.

  swarm        'swarm get --seed' at every node, 'swarm seed' at the source, a tracker (opentracker) in the middle
  libtorrent   a libtorrent session at each instead
  cluster      every node a member of one cluster, the torrent added once with as many replicas as there are members; the source is outside

Root on Linux; needs iproute2, opentracker, for 'cluster' PostgreSQL, python3-libtorrent for /usr/bin/python3, and Swarm as people install it:
  dotnet publish src/Swarm.Host -c Release -o artifacts/swarm && python3 bench/distribution.py --way swarm --way libtorrent --way cluster
--work must have room for a copy a node.
"""
import argparse, base64, json, math, os, shutil, statistics, subprocess, sys, tempfile, time
import cluster_lab
from cluster_lab import HUB, Lab, ROOT, Space, cpu_of, run, wait
from content import Content, MiB, decode, encode

HERE = os.path.dirname(os.path.abspath(__file__))


def percentile(values, part):
    """Of all values, the one that so large a part of them does not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


class Program:
    """A program in a namespace; when its output first had a line with one of these words."""
    def __init__(self, space, argv, folder, words):
        os.makedirs(folder, exist_ok=True)
        self.path, self.words, self.done = os.path.join(folder, "out"), words, None
        self.process = subprocess.Popen(["ip", "netns", "exec", space.name, *argv], stdin=subprocess.DEVNULL, stdout=open(self.path, "wb"), stderr=subprocess.STDOUT, env=dict(os.environ, HOME=folder), start_new_session=True)
        self.read = 0
    def look(self):
        if self.done is None:
            with open(self.path, "rb") as f:
                f.seek(self.read); text = f.read(); self.read += max(0, text.rfind(b"\n") + 1)
            if any(word in text for word in self.words): self.done = time.monotonic()
            elif self.process.poll() is not None: raise RuntimeError("a program ended: %s" % open(self.path, "rb").read()[-500:])
        return self.done
    def end(self):
        if self.process.poll() is None: os.killpg(self.process.pid, 9)
        self.process.wait()


class Distribution:
    def __init__(self, options, work):
        self.o, self.work = options, work
        self.content = Content(work, options.size * MiB, options.piece * 1024)
        with open(self.content.torrent, "rb") as f: record = decode(f.read())
        record[b"announce"] = ("http://%s:6969/announce" % HUB).encode()
        self.torrent = os.path.join(work, "announced.torrent")
        with open(self.torrent, "wb") as f: f.write(encode(record))

    def programs(self, way, scratch):
        """With a tracker in the middle."""
        spaces = [Space(n, self.o.rate) for n in range(self.o.nodes + 1)]
        # Debian's takes what is on its list only, and reads the list as nobody.
        allowed = os.path.join(scratch, "allowed")
        with open(allowed, "w") as f: f.write(self.content.hash.hex().upper() + "\n")
        for folder in (self.work, scratch): os.chmod(folder, 0o755)
        tracker = subprocess.Popen(["opentracker", "-i", HUB, "-p", "6969", "-P", "6969", "-w", allowed], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running = []
        def start(n, role, folder):
            if way == "swarm":
                what = ["seed", self.content.path, "--torrent", self.torrent] if role == "seed" else ["get", self.torrent, "-o", folder, "--seed"]
                argv = [self.o.binary, *what, "--bind", spaces[n].address, "--port", "6881", "--data", os.path.join(scratch, "state-%d" % n), "--no-dht", "--json", "--set", "node.public-only=false"]
            else: argv = ["/usr/bin/python3", os.path.join(HERE, "libtorrent_client.py"), role, self.torrent, folder, spaces[n].address + ":6881"]
            program = Program(spaces[n], argv, os.path.join(scratch, "home-%d" % n), [b'"listening"', b"ready"] if role == "seed" else [b'"done"', b'"state":"seeding"', b"done\n"])
            running.append(program)
            return program
        try:
            wait(start(0, "seed", self.content.folder).look, 60, "the source")
            before, begin = self.sent(spaces[0]), time.monotonic()
            nodes = [start(n, "leech", os.path.join(scratch, "node-%d" % n)) for n in range(1, self.o.nodes + 1)]
            wait(lambda: all([node.look() for node in nodes]), self.o.timeout, lambda: "%s: %d of %d nodes" % (way, sum(node.done is not None for node in nodes), self.o.nodes))
            times, cpu = [node.done - begin for node in nodes], sum(cpu_of(p.process.pid) for p in running)
            return times, self.sent(spaces[0]) - before, cpu, [os.path.join(scratch, "node-%d" % n, self.content.name) for n in range(1, self.o.nodes + 1)]
        finally:
            for program in running: program.end()
            tracker.kill(); tracker.wait()
            for space in spaces: space.end()

    def cluster(self, way, scratch):
        with Lab(scratch, self.o.binary, self.o.rate) as lab:
            source = lab.add_node(0, "")
            members = [lab.add_member(n, placement="{ min-free-bytes = 0 }") for n in range(1, self.o.nodes + 1)]
            source.start(); [m.start() for m in members]
            wait(lambda: source.try_call("/api/v1/node"), 60, "the source")
            source.call("/api/v1/torrents", {"metainfo": base64.b64encode(open(self.content.torrent, "rb").read()).decode(), "folder": self.content.folder})
            hash_ = self.content.hash.hex()
            wait(lambda: (source.try_call("/api/v1/torrents/" + hash_) or {}).get("torrent", {}).get("state") == "seeding", 120, "the source's own check")
            up = lambda m: sum(x["state"] == "up" for x in (m.try_call("/api/v1/cluster") or {"items": []})["items"]) == len(members)
            wait(lambda: up(members[0]), 300, "the members' coming up")
            before, begin, done = self.sent(source.space), time.monotonic(), {}
            members[0].call("/api/v1/cluster/torrents", {"source": "magnet:?xt=urn:btih:%s&x.pe=%s:6881" % (hash_, source.address), "replicas": len(members)})
            def all_done():
                for m in members:
                    if m in done: continue
                    shown = m.try_call("/api/v1/torrents/%s?node=self" % hash_) or {}
                    if shown.get("torrent", {}).get("state") == "seeding": done[m] = time.monotonic()
                return len(done) == len(members)
            wait(all_done, self.o.timeout, lambda: "cluster: %d of %d nodes" % (len(done), len(members)))
            cpu = sum(cpu_of(n.pid) for n in lab.nodes) + lab.database.cpu()
            return [done[m] - begin for m in members], self.sent(source.space) - before, cpu, [os.path.join(m.folder, "content", hash_, self.content.name) for m in members]

    def sent(self, space): return int(space.run("cat /sys/class/net/eth0/statistics/tx_bytes"))

    def play(self, way):
        scratch = os.path.join(self.work, "run"); os.makedirs(scratch)
        try:
            times, sent, cpu, copies = (self.cluster if way == "cluster" else self.programs)(way, scratch)
            wrong = [copy for copy in copies if subprocess.run(["cmp", "-s", copy, self.content.path]).returncode]
            if wrong: raise RuntimeError("content differs: %s" % wrong)
        finally: shutil.rmtree(scratch, ignore_errors=True)
        p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
        row = dict(way=way, nodes=self.o.nodes, size_mib=self.o.size, rate_mbit=self.o.rate, p50=round(p50, 1), p99=round(p99, 1), ratio=round(p99 / p50, 2), link=round(self.content.size * 8 / self.o.rate / 1e6, 1),
                   copies_from_source=round(sent / self.content.size, 2), cpu_s=round(cpu, 1))
        print(json.dumps(row), flush=True)
        return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", action="append", choices=["swarm", "libtorrent", "cluster"]); parser.add_argument("--nodes", type=int, default=20); parser.add_argument("--size", type=int, default=1024, help="MiB")
    parser.add_argument("--piece", type=int, default=1024, help="KiB"); parser.add_argument("--rate", type=int, default=100, help="Mbit/s each way"); parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=1800); parser.add_argument("--work", default="/var/tmp"); parser.add_argument("--binary", default=os.path.join(ROOT, "artifacts/swarm/swarm"))
    options = parser.parse_args()
    cluster_lab.enter()
    work = tempfile.mkdtemp(prefix="swarm-distribution-", dir=options.work)
    try:
        bench, rows = Distribution(options, work), []
        for _ in range(options.runs):
            for way in options.way or ["swarm"]: rows.append(bench.play(way))
        print("\n| way | p50 | p99 | p99 / p50 | p50 / link | copies from the source | CPU-s |\n|---|---|---|---|---|---|---|")
        for way in options.way or ["swarm"]:
            of = lambda key: statistics.median(row[key] for row in rows if row["way"] == way)
            print("| %s | %.1f s | %.1f s | %.2f | %.2f | %.2f | %.0f |" % (way, of("p50"), of("p99"), of("ratio"), of("p50") / of("link"), of("copies_from_source"), of("cpu_s")))
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__": main()
