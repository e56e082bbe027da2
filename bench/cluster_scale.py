#!/usr/bin/env python3
"""
A cluster of 1, 2 and 4 nodes, each with every torrent: so many small torrents (--torrents) and a large one (--size MiB), which 64 leechers fetch through links of --rate Mbit/s a node. One JSON line a cluster, then a table:

  add       additions a second, through 16 callers of the HTTP API, each durable in the database before it is answered
  ready     from the last addition until every replica at every node is complete; the content is there before, and is hashed
  anon      anonymous memory of a node at rest, MiB, the largest
  cpu       of all nodes at rest, and of the database, per cent of a core
  stmts     statements a second of the database at rest
  mib_s     payload that 64 leechers received, all together, and what the links carry at most

Root on Linux; needs cc, iproute2, PostgreSQL, and Swarm as people install it:
  dotnet publish src/Swarm.Host -c Release -o artifacts/swarm && python3 bench/cluster_scale.py
"""
import argparse, base64, concurrent.futures, hashlib, json, os, random, shutil, sys, tempfile, threading, time
import cluster_lab
from cluster_lab import Lab, ROOT, cpu_of, run, wait
from content import Content, MiB, encode
from processes import Peer

LEECHERS = 64


def anon(pid): return next(int(line.split()[1]) / 1024 for line in open("/proc/%d/status" % pid) if line.startswith("RssAnon"))


class Scale:
    def __init__(self, options, work):
        self.o, self.work = options, work
        self.large = Content(work, options.size * MiB, MiB)
        rng, self.small = random.Random(1), []
        for n in range(options.torrents):
            data = rng.randbytes(options.small)
            info = encode({"name": "small-%d" % n, "length": len(data), "piece length": 16384, "pieces": b"".join(hashlib.sha1(data[at:at + 16384]).digest() for at in range(0, len(data), 16384))})
            self.small.append((hashlib.sha1(info).hexdigest(), "small-%d" % n, data, b"d4:info" + info + b"e"))

    def play(self, count):
        scratch = os.path.join(self.work, "run"); os.makedirs(scratch)
        with Lab(scratch, self.o.binary, self.o.rate) as lab:
            members = [lab.add_member(n, "torrent.choker.fixed-slots = %d" % LEECHERS, placement="{ min-free-bytes = 0, steps-per-round = 5000, torrents-per-round = 100000 }", **{"starts-per-look": "1000"}) for n in range(1, count + 1)]
            for m in members: self.give(m)
            for m in members: m.start()
            wait(lambda: all(sum(x["state"] == "up" for x in (m.try_call("/api/v1/cluster") or {"items": []})["items"]) == count for m in members), 120, "coming up")
            lab.database.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            added = self.add(members, count)
            begin = time.monotonic()
            wait(lambda: all(self.complete(m, count) for m in members), self.o.timeout, lambda: "completion: %s" % [(m.try_call("/api/v1/cluster") or {}).get("totals") for m in members])
            ready = time.monotonic() - begin
            time.sleep(20)
            before = self.work_done(lab); time.sleep(self.o.rest); after = self.work_done(lab)
            row = dict(nodes=count, torrents=len(self.small), add=round(added), ready=round(ready, 1), anon=round(max(anon(m.pid) for m in members), 1))
            row.update({key: round((after[key] - before[key]) / self.o.rest * scale, 1) for key, scale in (("cpu", 100), ("database_cpu", 100), ("stmts", 1))})
            row.update(mib_s=round(self.serve(members, scratch), 1), link=round(count * self.o.rate / 8.388608, 1))
        shutil.rmtree(scratch)
        print(json.dumps(row), flush=True)
        return row

    def give(self, member):
        for hash_, name, data, _ in self.small:
            folder = os.path.join(member.folder, "content", hash_); os.makedirs(folder)
            with open(os.path.join(folder, name), "wb") as f: f.write(data)
        folder = os.path.join(member.folder, "content", self.large.hash.hex()); os.makedirs(folder)
        os.link(self.large.path, os.path.join(folder, self.large.name))

    def add(self, members, count):
        def one(n):
            file = self.small[n][3] if n < len(self.small) else open(self.large.torrent, "rb").read()
            members[n % count].call("/api/v1/cluster/torrents", {"metainfo": base64.b64encode(file).decode(), "replicas": count, "timeoutSeconds": 120}, seconds=130)
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(16) as callers: list(callers.map(one, range(len(self.small) + 1)))
        return (len(self.small) + 1) / (time.monotonic() - begin)

    def complete(self, member, count):
        totals = (member.try_call("/api/v1/cluster", seconds=30) or {}).get("totals", {})
        return totals.get("torrents") == len(self.small) + 1 and totals.get("belowReplicas") == 0

    def work_done(self, lab):
        statements = int(lab.database.sql("SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"))
        return dict(cpu=sum(cpu_of(m.pid) for m in lab.nodes), database_cpu=lab.database.cpu(), stmts=statements)

    def serve(self, members, scratch):
        share = LEECHERS // len(members)
        begin = time.monotonic()
        # The same addresses at each node: no node sees two connections from one.
        peers = [Peer("leech", self.large, 6881, scratch, share, share, host=m.address) for m in members]
        try:
            wait(lambda: all("complete" in p.events for p in peers), self.o.timeout, lambda: "leeching: %s" % [p.last_words() for p in peers])
            return sum(p.moved for p in peers) / MiB / (time.monotonic() - begin)
        finally:
            for p in peers: p.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, action="append"); parser.add_argument("--torrents", type=int, default=100_000); parser.add_argument("--small", type=int, default=16384, help="bytes of a small torrent")
    parser.add_argument("--size", type=int, default=64, help="MiB of the large torrent"); parser.add_argument("--rate", type=int, default=400, help="Mbit/s a node, each way")
    parser.add_argument("--rest", type=float, default=30, help="seconds at rest"); parser.add_argument("--timeout", type=float, default=1800); parser.add_argument("--work", default="/dev/shm")
    parser.add_argument("--binary", default=os.path.join(ROOT, "artifacts/swarm/swarm"))
    options = parser.parse_args()
    cluster_lab.enter()
    os.environ["PEER_FROM"] = "10.89"
    for n in range(LEECHERS): run("ip addr add 10.89.1.%d/15 dev br0" % (1 + n))
    work = tempfile.mkdtemp(prefix="swarm-scale-", dir=options.work)
    try:
        os.chmod(work, 0o755); Peer.build(work)
        bench = Scale(options, work)
        rows = [bench.play(count) for count in options.nodes or [1, 2, 4]]
        print("\n| nodes | additions a second | ready after | memory a node | nodes at rest | database at rest | statements a second | 64 leechers | links |\n|---|---|---|---|---|---|---|---|---|")
        for r in rows: print("| %(nodes)d | %(add)d | %(ready).0f s | %(anon).0f MiB | %(cpu).1f %% | %(database_cpu).1f %% | %(stmts).0f | %(mib_s).0f MiB/s | %(link).0f MiB/s |" % r)
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__": main()
