#!/usr/bin/env python3
"""Leech and seed throughput of Swarm beside libtorrent, on this machine, in this run.

  leech   a libtorrent seeder in a process of its own serves the client under test
  seed    the client under test serves a leecher that asks, counts and throws away

Both clients get the same content, piece size, order of runs (alternating) and counterpart. Everything is plain TCP on 127.0.0.1, files in /dev/shm.
One JSON line a run on standard output, then a table of medians with the ratio Swarm / libtorrent (pair by pair: median, least, greatest).

  MiB/s   payload from the first byte that the counterpart saw to the last
  CPU     user + system seconds of the client's process, from its start until the last byte, a GiB
  anon    greatest anonymous memory of the client's process, MiB; files that are mapped or cached do not count

Freed memory of a virtual machine may go back to its host, and touching it again is then slow, for whoever writes first. So the script holds touched memory and lets go of
it just ahead of the writer (--no-ballast shows the difference).

Needs: python3 with libtorrent at /usr/bin/python3 (Debian: apt-get install python3-libtorrent) and a Release build of Swarm:
  dotnet build -c Release src/Swarm.Host && python3 bench/transfer.py
"""
import argparse, collections, hashlib, json, os, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
MiB, GiB, BLOCK = 1 << 20, 1 << 30, 16384
TICK = os.sysconf("SC_CLK_TCK")
signal.signal(signal.SIGTERM, lambda *a: sys.exit(143))

LIBTORRENT = r'''
import json, sys, time
import libtorrent as lt
mode, torrent, folder, port = sys.argv[1:5]
peers = sys.argv[5:]
s = lt.high_performance_seed()
s.update(listen_interfaces="127.0.0.1:" + port, enable_dht=False, enable_lsd=False, enable_upnp=False, enable_natpmp=False, enable_outgoing_utp=False,
    enable_incoming_utp=False, in_enc_policy=2, out_enc_policy=2, allow_multiple_connections_per_ip=True, max_out_request_queue=3000,
    max_allowed_in_request_queue=5000, request_queue_time=3, max_queued_disk_bytes=64 << 20, send_buffer_watermark=8 << 20,
    send_buffer_watermark_factor=150, send_buffer_low_watermark=1 << 20, unchoke_slots_limit=-1, no_recheck_incomplete_resume=True, alert_mask=0)
session = lt.session(s)
p = lt.add_torrent_params()
p.ti = lt.torrent_info(torrent)
p.save_path = folder
if mode == "seed": p.have_pieces = [True] * p.ti.num_pieces()
p.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
h = session.add_torrent(p)
while mode == "seed" and not h.status().is_seeding: time.sleep(0.01)
print("ready", flush=True)
for peer in peers:
    host, _, number = peer.partition(":")
    h.connect_peer((host, int(number)))
total, first = p.ti.total_size(), None
while True:
    status = h.status()
    moved = status.total_payload_upload if mode == "seed" else status.total_payload_download
    if moved and first is None: first = time.monotonic()
    if first and (status.is_seeding if mode == "leech" else moved >= total): break
    print("moved %d" % moved, flush=True)
    time.sleep(0.02)
print("done %.6f %.6f" % (first, time.monotonic()), flush=True)
time.sleep(3600)
'''


def bencode(x):
    if isinstance(x, int): return b"i%de" % x
    if isinstance(x, str): x = x.encode()
    if isinstance(x, bytes): return b"%d:" % len(x) + x
    if isinstance(x, list): return b"l" + b"".join(map(bencode, x)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(x.items())) + b"e"


def make(content, torrent, size, piece):
    hashes = []
    with open(content, "wb") as f:
        left = size
        while left:
            block = os.urandom(min(piece, left)); f.write(block); left -= len(block)
            hashes.append(hashlib.sha1(block).digest())
    info = {"name": os.path.basename(content), "length": size, "piece length": piece, "pieces": b"".join(hashes)}
    with open(torrent, "wb") as f: f.write(bencode({"info": info}))
    return hashlib.sha1(bencode(info)).digest()


def free_port():
    with socket.socket() as s: s.bind(("127.0.0.1", 0)); return s.getsockname()[1]


class Ballast:
    """Touched memory, given back in steps of 64 MiB ahead of whoever writes."""
    def __init__(self, on): self.on, self.chunks, self.let_go = on, collections.deque(), 0
    def fill(self, size):
        self.chunks.clear(); self.let_go = 0
        if self.on: self.chunks.extend(bytearray(b"\1") * (64 * MiB) for _ in range(size // (64 * MiB)))
    def ahead(self, written):
        while self.chunks and self.let_go < written + GiB: self.chunks.popleft(); self.let_go += 64 * MiB


class Process:
    def __init__(self, argv, log):
        self.started = time.monotonic(); self.anon = 0; self.lines = collections.deque(); self.ready = threading.Event(); self.done = None; self.moved = 0
        self.p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=open(log, "wb"), stdin=subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()
    def _read(self):
        for line in self.p.stdout:
            text = line.decode(errors="replace").strip(); self.lines.append(text)
            if text.startswith("moved "): self.moved = int(text[6:])
            elif text.startswith("done "): self.done = [float(x) for x in text.split()[1:]]
            if text == "ready" or '"seeding"' in text: self.ready.set()
    def sample(self):
        try:
            for line in open("/proc/%d/status" % self.p.pid):
                if line.startswith("RssAnon"): self.anon = max(self.anon, int(line.split()[1]) / 1024)
        except OSError: pass
    def cpu(self):
        fields = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    def end(self):
        if self.p.poll() is None: self.p.send_signal(signal.SIGTERM)
        try: self.p.wait(20)
        except subprocess.TimeoutExpired: self.p.kill(); self.p.wait()


def command(a, client, mode, folder, port, peers, state):
    if client == "libtorrent": return ["/usr/bin/python3", "-c", LIBTORRENT, mode, a.torrent, folder, str(port)] + ["127.0.0.1:%d" % p for p in peers]
    swarm = a.swarm.split() + (["get", a.torrent, "-o", folder, "--seed"] if mode == "leech" else ["seed", os.path.join(folder, os.path.basename(a.content)), "--torrent", a.torrent])
    for p in peers: swarm += ["--peer", "127.0.0.1:%d" % p]
    return swarm + ["--port", str(port), "--bind", "127.0.0.1", "--data", state, "--no-dht", "--json"]


def wait(condition, seconds, what, *processes):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end: raise RuntimeError("%s took over %d s; last lines: %s" % (what, seconds, [list(p.lines)[-3:] for p in processes]))
        for p in processes:
            if p.p.poll() is not None: raise RuntimeError("%s: a process ended with %s: %s" % (what, p.p.returncode, list(p.lines)[-3:]))
        time.sleep(0.005)


def leech(a, client, tmp):
    out, state = os.path.join(tmp, "out"), os.path.join(tmp, "state"); os.makedirs(out)
    ballast = Ballast(not a.no_ballast); ballast.fill(a.size * MiB + 1536 * MiB)
    port = free_port()
    seeder = Process(command(a, "libtorrent", "seed", os.path.dirname(a.content), port, [], ""), os.path.join(tmp, "seeder.log"))
    subject = None
    try:
        wait(seeder.ready.is_set, 60, "seeder", seeder)
        ballast.ahead(0)
        subject = Process(command(a, client, "leech", out, free_port(), [port], state), os.path.join(tmp, "subject.log"))
        def complete():
            subject.sample(); ballast.ahead(seeder.moved); return seeder.done
        wait(complete, a.timeout, client, seeder, subject)
        # The seeder has sent everything; the client is done when the last piece is verified.
        full = os.path.join(out, os.path.basename(a.content))
        wait(lambda: subject.done or any('"done"' in line for line in list(subject.lines)[-20:]), 60, client, subject)
        first, last = seeder.done[0], time.monotonic()
        cpu = subject.cpu()
        same = subprocess.run(["cmp", "-s", full, a.content]).returncode == 0
        if not same: raise RuntimeError("%s: content differs" % client)
        return dict(seconds=last - first, start=first - subject.started, cpu=cpu, anon=subject.anon, counterpart_cpu=seeder.cpu())
    finally:
        if subject: subject.end()
        seeder.end()


def drain(port, info_hash, size, piece, window):
    """Asks for every block in order, counts the bytes that come and throws them away. Returns first and last time."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MiB)
        s.sendall(b"\x13BitTorrent protocol" + bytes(5) + b"\0\0\x04" + info_hash + b"-XX0000-" + os.urandom(12))
        held = b""
        while len(held) < 68: held += s.recv(4096)
        held = held[68:]
        s.sendall(struct.pack(">IB", 1, 2))
        while True:                                                # messages until unchoke
            while len(held) >= 4 and len(held) >= 4 + struct.unpack(">I", held[:4])[0]:
                n = struct.unpack(">I", held[:4])[0]; body, held = held[4:4 + n], held[4 + n:]
                if body[:1] == b"\1": break
            else:
                held += s.recv(4096); continue
            break
        def requests():
            for p in range((size + piece - 1) // piece):
                length = min(piece, size - p * piece)
                for begin in range(0, length, BLOCK): yield struct.pack(">IBIII", 13, 6, p, begin, min(BLOCK, length - begin))
        source = requests(); asked = got = 0
        total = size + 13 * ((size + BLOCK - 1) // BLOCK)
        buffer, first = bytearray(MiB), None
        got = len(held)
        while got < total:
            room = window - (asked - got // (BLOCK + 13))
            if room > window // 4:
                batch = [r for _, r in zip(range(room), source)]
                if batch: s.sendall(b"".join(batch)); asked += len(batch)
            n = s.recv_into(buffer)
            if n == 0: raise RuntimeError("the seed closed the connection after %d bytes" % got)
            if first is None: first = time.monotonic()
            got += n
        return first, time.monotonic()


def seed(a, client, tmp):
    state, port = os.path.join(tmp, "state"), free_port()
    subject = Process(command(a, client, "seed", os.path.dirname(a.content), port, [], state), os.path.join(tmp, "subject.log"))
    try:
        wait(subject.ready.is_set, 120, client, subject)
        before, times, errors = subject.cpu(), [], []
        def load():
            try: times.append(drain(port, a.info_hash, a.size * MiB, a.piece * 1024, 256))
            except Exception as e: errors.append(e)
        loads = [threading.Thread(target=load) for _ in range(a.leechers)]
        for t in loads: t.start()
        while any(t.is_alive() for t in loads): subject.sample(); time.sleep(0.02)
        if errors: raise errors[0]
        cpu = subject.cpu() - before
        return dict(seconds=max(t[1] for t in times) - min(t[0] for t in times), start=before, cpu=cpu / a.leechers, anon=subject.anon)
    finally:
        subject.end()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--size", type=int, default=2048, help="MiB")
    p.add_argument("--piece", type=int, default=1024, help="KiB")
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--leechers", type=int, default=1, help="connections in the seed test")
    p.add_argument("--test", choices=["leech", "seed", "both"], default="both")
    p.add_argument("--client", action="append", choices=["swarm", "libtorrent"])
    p.add_argument("--swarm", default="dotnet " + os.path.join(ROOT, "src/Swarm.Host/bin/Release/net10.0/swarm.dll"))
    p.add_argument("--work", default="/dev/shm")
    p.add_argument("--timeout", type=int, default=180)
    p.add_argument("--no-ballast", action="store_true")
    a = p.parse_args()
    clients = a.client or ["swarm", "libtorrent"]
    work = tempfile.mkdtemp(prefix="swarm-bench-", dir=a.work)
    results = collections.defaultdict(list)
    try:
        os.makedirs(os.path.join(work, "content"))
        a.content, a.torrent = os.path.join(work, "content", "payload.bin"), os.path.join(work, "payload.torrent")
        a.info_hash = make(a.content, a.torrent, a.size * MiB, a.piece * 1024)
        for test in (["leech", "seed"] if a.test == "both" else [a.test]):
            for run in range(a.runs):
                for client in clients:
                    tmp = tempfile.mkdtemp(dir=work)
                    r = (leech if test == "leech" else seed)(a, client, tmp)
                    moved = a.size * (a.leechers if test == "seed" else 1)
                    r.update(test=test, client=client, run=run, mib_s=moved / r["seconds"], cpu_gib=r["cpu"] / (a.size / 1024))
                    results[test, client].append(r); print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in r.items()}), flush=True)
                    shutil.rmtree(tmp)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    def spread(values): return "%.2f (%.2f–%.2f)" % (statistics.median(values), min(values), max(values))
    print("\n| test | client | MiB/s | CPU-s/GiB | peak anon MiB |\n|---|---|---|---|---|")
    for (test, client), rs in results.items():
        print("| %s | %s | %s | %s | %s |" % (test, client, spread([r["mib_s"] for r in rs]), spread([r["cpu_gib"] for r in rs]), spread([r["anon"] for r in rs])))
    for test in ("leech", "seed"):
        ours, theirs = results.get((test, "swarm")), results.get((test, "libtorrent"))
        if ours and theirs:
            print("\n%s: Swarm / libtorrent: throughput %s, CPU %s" % (test, spread([o["mib_s"] / t["mib_s"] for o, t in zip(ours, theirs)]), spread([o["cpu_gib"] / t["cpu_gib"] for o, t in zip(ours, theirs)])))


main()
