#!/usr/bin/env python3
"""
Many idle seeds: how long until all of them answer, what each costs in memory, what they cost in processor time while nobody wants them.

  bench/idle.py --count 10000 --client swarm --client libtorrent --client transmission

Makes COUNT torrents of one 32 KiB file each (16 KiB pieces, no tracker) with their data, and state from which a client believes them complete without reading them. Ready: the first, the last and 50 torrents
drawn by chance answer a handshake with the whole bitfield. Then 5 s of rest, then processor time over --idle seconds, and anonymous memory (RssAnon). What a client takes with one torrent is taken off before
dividing. No DHT, no local discovery. The same files for all of them, each started in a fresh process.
"""
import argparse, concurrent.futures, glob, hashlib, os, random, shutil, socket, struct, subprocess, sys, tempfile, time
from content import encode
from processes import Process, wait

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH, PIECE = 32768, 16384


def make(work, count):
    base = os.path.join(work, "idle-%d" % count)
    torrents, data = os.path.join(base, "torrents"), os.path.join(base, "data")
    if not os.path.exists(os.path.join(base, "made")):
        os.makedirs(torrents); os.makedirs(data)
        for i in range(count):
            name = "f%06d.bin" % i
            with open(os.path.join(data, name), "wb") as f: f.write(b"%06d" % i); f.truncate(LENGTH)
            first = (b"%06d" % i).ljust(PIECE, b"\0")
            info = {b"name": name.encode(), b"length": LENGTH, b"piece length": PIECE, b"pieces": hashlib.sha1(first).digest() + hashlib.sha1(b"\0" * PIECE).digest()}
            with open(os.path.join(torrents, "f%06d.torrent" % i), "wb") as f: f.write(encode({b"info": info}))
        open(os.path.join(base, "made"), "w").close()
    hashes = []
    for path in sorted(glob.glob(os.path.join(torrents, "*.torrent"))):
        content = open(path, "rb").read()
        hashes.append(hashlib.sha1(content[content.index(b"4:info") + 6:-1]).digest())
    return base, torrents, data, hashes


def swarm(a, base, torrents, data, hashes, port, folder):
    state = os.path.join(base, "state")
    if not os.path.exists(state): subprocess.run([a.swarm, "make", state, torrents, data], check=True)
    copy = os.path.join(folder, "state"); shutil.copytree(state, copy)
    return [a.swarm, "run", copy, str(port)]


def libtorrent(a, base, torrents, data, hashes, port, folder):
    return ["/usr/bin/python3", os.path.join(HERE, "libtorrent_idle.py"), torrents, data, str(port)]


def transmission(a, base, torrents, data, hashes, port, folder):
    config = os.path.join(folder, "tr"); os.makedirs(config + "/torrents"); os.makedirs(config + "/resume")
    with open(config + "/settings.json", "w") as f:
        f.write('{"dht-enabled":false,"lpd-enabled":false,"pex-enabled":false,"utp-enabled":false,"port-forwarding-enabled":false,"rpc-enabled":false,"peer-port":%d,"encryption":0,'
                '"download-dir":"%s","peer-limit-global":1000,"message-level":1,"cache-size-mb":4}' % (port, data))
    for path, h in zip(sorted(glob.glob(torrents + "/*.torrent")), hashes):
        name = os.path.basename(path)[:-8] + ".bin"; prefix = "%s.%s" % (name, h.hex()[:16])
        shutil.copyfile(path, "%s/torrents/%s.torrent" % (config, prefix))
        seen = int(os.stat(os.path.join(data, name)).st_mtime)
        resume = {b"activity-date": 0, b"added-date": 1, b"done-date": 1, b"destination": data.encode(), b"downloaded": LENGTH, b"uploaded": 0, b"paused": 0, b"max-peers": 50, b"name": name.encode(),
                  b"dnd": [0], b"priority": [0], b"progress": {b"blocks": b"all", b"have": b"all", b"time-checked": [seen + 1], b"mtimes": [seen]}}
        with open("%s/resume/%s.resume" % (config, prefix), "wb") as f: f.write(encode(resume))
    return ["transmission-daemon", "-f", "-g", config]


def answers(port, infohash, source):
    """Whether a torrent answers a handshake with all its pieces (BEP 3), as a bitfield or as HAVE ALL (BEP 6)."""
    try:
        with socket.socket() as s:
            s.settimeout(20); s.bind((source, 0)); s.connect(("127.0.0.1", port))
            s.sendall(b"\x13BitTorrent protocol" + bytes([0, 0, 0, 0, 0, 0, 0, 4]) + infohash + b"-ID0001-" + os.urandom(12))
            got = b""
            while len(got) < 68:
                more = s.recv(4096)
                if not more: return False
                got += more
            if got[28:48] != infohash: return False
            got = got[68:]
            while True:
                while len(got) >= 4 and len(got) >= 4 + struct.unpack(">I", got[:4])[0]:
                    size = struct.unpack(">I", got[:4])[0]; message, got = got[4:4 + size], got[4 + size:]
                    if message[:1] == b"\x0e" or message == b"\x05\xc0": return True
                more = s.recv(4096)
                if not more: return False
                got += more
    except OSError: return False


def measure(a, client, count, idle):
    base, torrents, data, hashes = make(a.work, count)
    folder = tempfile.mkdtemp(prefix="idle-", dir=a.work)
    with socket.socket() as s: s.bind(("127.0.0.1", 0)); port = s.getsockname()[1]
    process = Process({"swarm": swarm, "libtorrent": libtorrent, "transmission": transmission}[client](a, base, torrents, data, hashes, port, folder), folder)
    try:
        left, probes, end = [hashes[-1], hashes[0]] + random.sample(hashes, min(50, count)), 0, time.monotonic() + a.timeout
        source = lambda n: "127.0.%d.%d" % (9 + n // 250 % 200, n % 250 + 1)
        with concurrent.futures.ThreadPoolExecutor(52) as pool:
            while left:
                if not process.alive() or time.monotonic() > end: raise RuntimeError("not ready, %d left: %s" % (len(left), process.last_words()))
                probes += 1
                if not answers(port, left[0], source(probes)): time.sleep(0.02); continue
                told = list(pool.map(lambda i: answers(port, left[i], source(probes + i)), range(1, len(left)))); probes += len(left)
                left = [h for h, ok in zip(left[1:], told) if not ok]
        ready, spent = time.monotonic() - process.started, process.cpu()
        time.sleep(5)
        before, began = process.cpu(), time.monotonic(); time.sleep(idle)
        return dict(ready=ready, spent=spent, idle=100 * (process.cpu() - before) / (time.monotonic() - began), anon=process.anon_now())
    finally:
        process.end(); shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", action="append", choices=["swarm", "libtorrent", "transmission"]); parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--idle", type=float, default=20); parser.add_argument("--work", default="/dev/shm"); parser.add_argument("--timeout", type=float, default=240)
    parser.add_argument("--swarm", default=os.path.join(HERE, "Swarm.Idle/bin/Release/net10.0/publish/Swarm.Idle"))
    a = parser.parse_args()
    print("| client | torrents | ready, s | processor until ready, s | idle, % of a core | anonymous, MiB | with one, MiB | KiB each |\n|---|---|---|---|---|---|---|---|", flush=True)
    for client in a.client or ["swarm"]:
        one, many = measure(a, client, 1, 2), measure(a, client, a.count, a.idle)
        print("| %s | %d | %.2f | %.2f | %.2f | %.1f | %.1f | %.2f |" % (client, a.count, many["ready"], many["spent"], many["idle"], many["anon"], one["anon"], (many["anon"] - one["anon"]) * 1024 / a.count), flush=True)


if __name__ == "__main__": main()
