#!/usr/bin/env python3
"""Swarm beside other clients, on this machine, in this run: one JSON line a run on standard output, then a table of medians and, pair by pair, Swarm's ratio to each other client.

  leech        a minimal peer serves the client, which writes to --work
  seed         the client serves minimal peers (--connections), each of which fetches everything and throws it away
  connections  leech over one connection and over 200 of which 40 serve, in turn
  recheck      the client hashes files that are in memory, from process start to result
  memory       anonymous memory at rest with one torrent, with --connections idle connections, and so a connection
  startup      from process start to the first answered handshake

Everything is plain TCP on 127.0.0.1; the minimal peer (peer.c) costs a tenth of what a client does. Clients take turns.

  mib_s     payload from the first byte to the last: leech, until the client says that it has (and has verified) every piece
  cpu_gib   user + system seconds of the client's process a GiB: leech and recheck from its start, seed from the first connection
  anon      greatest anonymous memory, MiB; files that are mapped or cached do not count
  start     process start to first payload byte, seconds; or to the first answered handshake (startup)

Needs cc, and of the clients those named: python3-libtorrent for /usr/bin/python3, transmission-daemon, aria2, rtorrent (seed only). Swarm as people install it:
  dotnet publish src/Swarm.Host -c Release -o artifacts/swarm && python3 bench/load.py leech --client swarm --client libtorrent --client aria2
"""
import argparse, collections, json, os, shutil, signal, statistics, subprocess, sys, tempfile, time
import clients
from content import Content, MiB
from processes import Ballast, GiB, Peer, Process, wait

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
signal.signal(signal.SIGTERM, lambda *a: sys.exit(143))


def free_port():
    import socket
    with socket.socket() as s: s.bind(("127.0.0.1", 0)); return s.getsockname()[1]


class Bench:
    """One session: content, options, and how a client is run in it."""
    def __init__(self, options, work):
        self.o, self.work = options, work
        self.content = Content(work, options.size * MiB, options.piece * 1024)
        self.ballast = Ballast(not options.no_ballast)

    def start(self, client, mode, folder, scratch):
        port = free_port()
        return Process(clients.ALL[client](clients.Run(mode, self.content, folder, scratch, port, self.o)), scratch), port

    def leech(self, client, scratch, connections, active):
        folder = os.path.join(scratch, "out"); os.makedirs(folder)
        self.ballast.fill(self.content.size + 1536 * MiB)
        subject, port = self.start(client, "leech", folder, scratch)
        peer = Peer("seed", self.content, port, scratch, connections, active)
        try:
            self.ballast.ahead(0)
            def complete():
                subject.sample(); self.ballast.ahead(peer.moved)
                if "complete" in peer.events: return peer.events["complete"]
                if not subject.alive() and subject.p.returncode == 0: return subject.exit_time
                return subject.said('"done"') or subject.said("done")
            done = wait(complete, self.o.timeout, client, peer, subject)
            cpu, peer_cpu = subject.cpu(), peer.cpu()
            if subprocess.run(["cmp", "-s", os.path.join(folder, self.content.name), self.content.path]).returncode: raise RuntimeError("%s: content differs" % client)
            return self.figures(done - peer.events["first"], cpu, self.content.size, start=peer.events["first"] - subject.started, anon=subject.anon, peer_cpu=peer_cpu)
        finally:
            subject.end(); peer.end()

    def seed(self, client, scratch):
        subject, port = self.start(client, "seed", self.content.folder, scratch)
        peer = None
        try:
            if client == "swarm": wait(lambda: subject.said('"seeding"'), self.o.timeout, client, subject)   # it hashes first what it has no record of
            if client == "libtorrent": wait(lambda: subject.said("done"), self.o.timeout, client, subject)
            before = subject.cpu()
            peer = Peer("leech", self.content, port, scratch, self.o.connections, self.o.connections)
            def complete(): subject.sample(); return peer.events.get("complete")
            done = wait(complete, self.o.timeout, client, peer, subject)
            cpu = subject.cpu() - before
            return self.figures(done - peer.events["first"], cpu, self.content.size * self.o.connections, anon=subject.anon, peer_cpu=peer.cpu(), connections=self.o.connections)
        finally:
            subject.end()
            if peer: peer.end()

    def recheck(self, client, scratch):
        subject, _ = self.start(client, "recheck", self.content.folder, scratch)
        try:
            def complete():
                subject.sample()
                cpu = subject.cpu()
                if not subject.alive(): return subject.p.returncode == 0 and (subject.exit_time, cpu)
                done = subject.said("done") if client == "libtorrent" else client == "transmission" and self.transmission_is_done(subject)
                return done and (done, cpu)
            done, cpu = wait(complete, self.o.timeout, client, subject)
            return self.figures(done - subject.started, cpu, self.content.size, anon=subject.anon)
        finally:
            subject.end()

    # It announces nothing here and logs nothing about it; but it reads its files, and stops reading when it is through.
    def transmission_is_done(self, subject):
        read = int(open("/proc/%d/io" % subject.p.pid).readline().split()[1])
        return read >= self.content.size and time.monotonic()

    def memory(self, client, scratch):
        subject, port = self.start(client, "seed", self.content.folder, scratch)
        peers = []
        try:
            peers.append(Peer("leech", self.content, port, scratch, 1, 0))
            wait(lambda: "connected" in peers[0].events, self.o.timeout, client, peers[0], subject)
            time.sleep(self.o.rest)
            alone = subject.anon_now()
            peers.append(Peer("leech", self.content, port, scratch, self.o.connections + 1, 0))
            wait(lambda: "connected" in peers[1].events, self.o.timeout, client, peers[1], subject)
            time.sleep(self.o.rest)
            crowded = subject.anon_now()
            return dict(anon=alone, anon_crowded=crowded, kib_connection=(crowded - alone) * 1024 / self.o.connections)
        finally:
            subject.end()
            for p in peers: p.end()

    def startup(self, client, scratch):
        folder = os.path.join(scratch, "out"); os.makedirs(folder)
        subject, port = self.start(client, "leech", folder, scratch)
        peer = Peer("seed", self.content, port, scratch)
        try:
            wait(lambda: "handshake" in peer.events, self.o.timeout, client, peer, subject)
            return dict(start=peer.events["handshake"] - subject.started, cpu=subject.cpu())
        finally:
            subject.end(); peer.end()

    def figures(self, seconds, cpu, moved, **others):
        return dict(seconds=seconds, mib_s=moved / MiB / seconds, cpu_gib=cpu / (moved / GiB), **others)

    def run(self, test, client, scratch):
        if test == "leech": return [("leech", self.leech(client, scratch, 1, 1))]
        if test != "connections": return [(test, getattr(self, test)(client, scratch))]
        found = []
        for connections, active in ((1, 1), (200, 40)):
            inner = tempfile.mkdtemp(dir=scratch)
            found.append(("%d of %d connections" % (active, connections), self.leech(client, inner, connections, active)))
            shutil.rmtree(inner)
        return found


def spread(values): return "%.2f (%.2f–%.2f)" % (statistics.median(values), min(values), max(values)) if values else "–"


def report(results):
    columns = [c for c in ("mib_s", "cpu_gib", "anon", "anon_crowded", "kib_connection", "start") if any(c in r for rs in results.values() for r in rs)]
    print("\n| test | client | %s |\n|---|---|%s" % (" | ".join(columns), "---|" * len(columns)))
    for (test, client), rs in results.items(): print("| %s | %s | %s |" % (test, client, " | ".join(spread([r[c] for r in rs if c in r]) for c in columns)))
    for (test, client), rs in results.items():
        ours = results.get((test, "swarm"))
        if client == "swarm" or not ours: continue
        ratios = ["%s %s" % (c, spread([o[c] / t[c] for o, t in zip(ours, rs) if t.get(c)])) for c in columns if c in rs[0]]
        print("\n%s: Swarm / %s: %s" % (test, client, ", ".join(ratios)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("test", choices=["leech", "seed", "connections", "recheck", "memory", "startup"])
    p.add_argument("--client", action="append", choices=list(clients.ALL), help="may be repeated; default: swarm and libtorrent")
    p.add_argument("--size", type=int, default=4096, help="MiB (default 4096)")
    p.add_argument("--piece", type=int, default=1024, help="KiB (default 1024)")
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--connections", type=int, default=1, help="seed: leechers; memory: idle connections")
    p.add_argument("--rest", type=float, default=10, help="memory: seconds before a look (default 10)")
    p.add_argument("--swarm", default=os.path.join(ROOT, "artifacts/swarm/swarm"), help="command of Swarm")
    p.add_argument("--swarm-verify", default="", help="recheck: more arguments, such as '--threads 1'")
    p.add_argument("--work", default="/dev/shm", help="where content and downloads lie (default /dev/shm)")
    p.add_argument("--timeout", type=float, default=180)
    p.add_argument("--no-ballast", action="store_true", help="see Ballast in processes.py")
    o = p.parse_args()
    if o.test in ("leech", "connections", "startup", "recheck") and "rtorrent" in (o.client or []): p.error("rtorrent tells a seed nothing about what it has, so only seed and memory run it")
    if o.test == "memory" and o.connections == 1: o.connections = 500
    work = tempfile.mkdtemp(prefix="swarm-bench-", dir=o.work)
    results = collections.defaultdict(list)
    try:
        Peer.build(work)
        bench = Bench(o, work)
        for run in range(o.runs):
            for client in o.client or ["swarm", "libtorrent"]:
                scratch = tempfile.mkdtemp(dir=work)
                for test, r in bench.run(o.test, client, scratch):
                    results[test, client].append(r)
                    print(json.dumps({"test": test, "client": client, "run": run, **{k: round(v, 3) if isinstance(v, float) else v for k, v in r.items()}}), flush=True)
                shutil.rmtree(scratch)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report(results)


main()
