#!/usr/bin/env python3
"""
A cluster of 1, 2 and 4 nodes, each with every torrent: so many small torrents (--torrents) and a large one (--size MiB), which 64 leechers fetch through links of --rate Mbit/s a node. One JSON line a cluster, as soon as it is known, then a table:

  add       additions a second, through --callers callers of the HTTP API, each durable in the database before it is answered
  below     torrents that lacked replicas when the last was added: the others were placed, started and hashed meanwhile
  ready     from the last addition until every replica at every node is complete; the content is there before, and is hashed
  peak      anonymous memory of a node then, MiB, the largest
  anon      anonymous memory of a node at rest, MiB, the largest; kib: that for each torrent, without what a node has that has none
  cpu       of all nodes at rest, and of the database, per cent of a core
  stmts     statements a second of the database at rest
  mib_s     payload that 64 leechers received, all together, and what the links carry at most

With --statements also, for each phase, what the database was asked most: calls, milliseconds in all, and the statement. What takes longer than it may (--add-timeout, --ready-timeout, --serve-timeout) ends that cluster with "failed" in its line, and the exit code is 1; the other sizes are tried all the same.

Root on Linux; needs cc, iproute2, PostgreSQL, and Swarm as people install it:
  dotnet publish src/Swarm.Host -c Release -o artifacts/swarm && python3 bench/cluster_scale.py
"""
import argparse, base64, concurrent.futures, hashlib, http.client, json, multiprocessing, os, queue, random, shutil, sys, tempfile, threading, time
import cluster_lab
from cluster_lab import KEY, Lab, ROOT, cpu_of, run, wait
from content import Content, MiB, encode
from processes import Peer

LEECHERS = 64
CALLING_PROCESSES = 2


def anon(pid): return next(int(line.split()[1]) / 1024 for line in open("/proc/%d/status" % pid) if line.startswith("RssAnon"))


class Scale:
    def __init__(self, options, work):
        self.o, self.work = options, work
        self.large = Content(work, options.size * MiB, MiB)
        # One folder for all nodes and clusters: of content that is whole they only read.
        rng, self.small, self.content = random.Random(1), [], os.path.join(work, "placed")
        for n in range(options.torrents):
            name, data = "small-%d" % n, rng.randbytes(options.small)
            info = encode({"name": name, "length": len(data), "piece length": 16384, "pieces": b"".join(hashlib.sha1(data[at:at + 16384]).digest() for at in range(0, len(data), 16384))})
            with open(os.path.join(self.folder(hashlib.sha1(info).hexdigest()), name), "wb") as f: f.write(data)
            self.small.append(b"d4:info" + info + b"e")
        os.link(self.large.path, os.path.join(self.folder(self.large.hash.hex()), self.large.name))

    def folder(self, torrent):
        folder = os.path.join(self.content, torrent); os.makedirs(folder)
        return folder

    def play(self, count):
        scratch = os.path.join(self.work, "run"); os.makedirs(scratch)
        row = dict(nodes=count, torrents=len(self.small))
        try:
            with Lab(scratch, self.o.binary, self.o.rate) as lab: self.measure(lab, count, row, scratch)
        except (RuntimeError, OSError, http.client.HTTPException) as e: row["failed"] = str(e)
        finally: shutil.rmtree(scratch, ignore_errors=True)
        print(json.dumps(row), flush=True)
        return row

    def measure(self, lab, count, row, scratch):
        members = [lab.add_member(n, "torrent.choker.fixed-slots = %d" % LEECHERS, folder='"%s"' % self.content, placement="{ min-free-bytes = 0 }") for n in range(1, count + 1)]
        for m in members: m.start()
        wait(lambda: all(sum(x["state"] == "up" for x in (m.try_call("/api/v1/cluster") or {"items": []})["items"]) == count for m in members), 120, "coming up")
        lab.database.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        empty = max(anon(m.pid) for m in members)
        self.phase(lab, None)
        row["add"] = round(self.add(members, count))
        row["below"] = self.below(members[0])
        self.phase(lab, "add")
        begin = time.monotonic()
        wait(lambda: all(self.complete(m) for m in members), self.o.ready_timeout, lambda: "completion: %s" % [(m.try_call("/api/v1/cluster") or {}).get("totals") for m in members], pause=1)
        row["ready"] = round(time.monotonic() - begin, 1)
        row["peak"] = round(max(anon(m.pid) for m in members), 1)
        self.phase(lab, "ready")
        time.sleep(self.o.settle)
        self.phase(lab, "settling")
        before = self.work_done(lab); time.sleep(self.o.rest); after = self.work_done(lab)
        row["anon"] = round(max(anon(m.pid) for m in members), 1)
        row["kib"] = round((row["anon"] - empty) * 1024 / len(self.small), 2)
        row.update({key: round((after[key] - before[key]) / self.o.rest * scale, 1) for key, scale in (("cpu", 100), ("database_cpu", 100), ("stmts", 1))})
        self.phase(lab, "rest")
        row.update(mib_s=round(self.serve(members, scratch), 1), link=round(count * self.o.rate / 8.388608, 1))

    def phase(self, lab, name):
        """Says what the database was asked most since the last phase."""
        if not self.o.statements: return
        spent = (time.monotonic(), sum(cpu_of(m.pid) for m in lab.nodes), lab.database.cpu())
        if name:
            print("## %s: %.1f s, in which the nodes took %.1f s of processors and the database %.1f s; calls, ms in all, statement" % (name, *(now - then for now, then in zip(spent, self.spent))))
            text = lab.database.sql("SELECT calls || ' | ' || round(total_exec_time::numeric) || ' | ' || left(regexp_replace(query, '\\s+', ' ', 'g'), 90) || ' … ' || right(regexp_replace(query, '\\s+', ' ', 'g'), 60) FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 25")
            print(text, flush=True)
        lab.database.sql("SELECT pg_stat_statements_reset()")
        self.spent = spent

    def add(self, members, count):
        files = self.small + [open(self.large.torrent, "rb").read()]
        context = multiprocessing.get_context("fork")
        failures, begin = context.SimpleQueue(), time.monotonic()
        callers = [context.Process(target=self.call_all, args=(files[n::CALLING_PROCESSES], members, count, failures), daemon=True) for n in range(CALLING_PROCESSES)]
        for c in callers: c.start()
        for c in callers:
            c.join(max(1, self.o.add_timeout - (time.monotonic() - begin)))
            if c.is_alive():
                for other in callers: other.kill()
                raise RuntimeError("additions took over %d s: %d of %d are there" % (self.o.add_timeout, (members[0].try_call("/api/v1/cluster", seconds=30) or {}).get("totals", {}).get("torrents", -1), len(files)))
        if not failures.empty(): raise RuntimeError("an addition failed: %s" % failures.get())
        return len(files) / (time.monotonic() - begin)

    def call_all(self, files, members, count, failures):
        """In a process of its own: adds these, each thread through a connection of its own to one member."""
        waiting = queue.SimpleQueue()
        for file in files: waiting.put(file)
        def calls(n):
            way = http.client.HTTPConnection(members[n % count].address, 9110, timeout=130)
            try:
                while True:
                    try: file = waiting.get_nowait()
                    except queue.Empty: return
                    body = json.dumps({"metainfo": base64.b64encode(file).decode(), "replicas": count, "timeoutSeconds": 120})
                    way.request("POST", "/api/v1/cluster/torrents", body, {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"})
                    answer = way.getresponse(); text = answer.read()
                    if answer.status not in (200, 201): raise RuntimeError("%d %s" % (answer.status, text[:300]))
            except Exception as e: failures.put(repr(e))
            finally: way.close()
        threads = [threading.Thread(target=calls, args=(n,)) for n in range(self.o.callers // CALLING_PROCESSES)]
        for t in threads: t.start()
        for t in threads: t.join()

    def below(self, member): return (member.try_call("/api/v1/cluster", seconds=30) or {}).get("totals", {}).get("belowReplicas")

    def complete(self, member):
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
            wait(lambda: all("complete" in p.events for p in peers), self.o.serve_timeout, lambda: "leeching: %s" % [p.last_words() for p in peers])
            return sum(p.moved for p in peers) / MiB / (time.monotonic() - begin)
        finally:
            for p in peers: p.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2, 4], help="sizes of clusters, for instance 1,2,4"); parser.add_argument("--torrents", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=16384, help="bytes of a small torrent")
    parser.add_argument("--size", type=int, default=64, help="MiB of the large torrent"); parser.add_argument("--rate", type=int, default=400, help="Mbit/s a node, each way")
    parser.add_argument("--callers", type=int, default=64, help="additions under way at a time"); parser.add_argument("--statements", action="store_true", help="what the database was asked, for each phase")
    parser.add_argument("--settle", type=float, default=20, help="seconds between the last replica and the measurement at rest"); parser.add_argument("--rest", type=float, default=30, help="seconds at rest")
    parser.add_argument("--add-timeout", type=float, default=240); parser.add_argument("--ready-timeout", type=float, default=300); parser.add_argument("--serve-timeout", type=float, default=120)
    parser.add_argument("--work", default="/dev/shm"); parser.add_argument("--binary", default=os.path.join(ROOT, "artifacts/swarm/swarm"))
    options = parser.parse_args()
    cluster_lab.enter()
    os.environ["PEER_FROM"] = "10.89"
    for n in range(LEECHERS): run("ip addr add 10.89.1.%d/15 dev br0" % (1 + n))
    work = tempfile.mkdtemp(prefix="swarm-scale-", dir=options.work)
    try:
        os.chmod(work, 0o755); Peer.build(work)
        bench = Scale(options, work)
        rows = [bench.play(count) for count in options.nodes]
        whole = [r for r in rows if "failed" not in r]
        if whole: print("\n| nodes | additions a second | ready after | memory a node | of it a torrent | nodes at rest | database at rest | statements a second | 64 leechers | links |\n|---|---|---|---|---|---|---|---|---|---|")
        for r in whole: print("| %(nodes)d | %(add)d | %(ready).0f s | %(anon).0f MiB | %(kib).2f KiB | %(cpu).1f %% | %(database_cpu).1f %% | %(stmts).0f | %(mib_s).0f MiB/s | %(link).0f MiB/s |" % r)
        if len(whole) < len(rows): sys.exit(1)
    finally: shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__": main()
