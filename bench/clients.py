"""How each client is started for each test. A function takes a Run and gives a command line; all: plain TCP on 127.0.0.1, no DHT, PEX, LSD, uTP or encryption, no rate limits, deep queues."""
import json, os, shutil, sys
from content import decode, encode

HERE = os.path.dirname(os.path.abspath(__file__))


class Run:
    """One run of a client: what it works on and where. mode is leech, seed or recheck; folder holds the content or receives it; scratch is thrown away."""
    def __init__(self, mode, content, folder, scratch, port, options):
        self.mode, self.content, self.folder, self.scratch, self.port, self.options = mode, content, folder, scratch, port, options

    @property
    def path(self): return os.path.join(self.folder, self.content.name)


def swarm(run):
    command = run.options.swarm.split()
    if run.mode == "recheck": return command + ["verify", run.content.torrent, run.folder] + run.options.swarm_verify.split()
    command += ["get", run.content.torrent, "-o", run.folder, "--seed"] if run.mode == "leech" else ["seed", run.path, "--torrent", run.content.torrent]
    return command + ["--port", str(run.port), "--bind", "127.0.0.1", "--data", os.path.join(run.scratch, "state"), "--max-connections", "2000", "--no-dht", "--json"]


def libtorrent(run):
    return ["/usr/bin/python3", os.path.join(HERE, "libtorrent_client.py"), run.mode, run.content.torrent, run.folder, str(run.port)]


def transmission(run):
    config, watched = os.path.join(run.scratch, "transmission"), os.path.join(run.scratch, "watched")
    for folder in (os.path.join(config, "torrents"), os.path.join(config, "resume"), watched): os.makedirs(folder)
    if run.mode == "seed":
        # The leading 16 hex digits of the hash name the files in which it remembers a torrent.
        name = "%s.%s" % (run.content.name, run.content.hash.hex()[:16])
        shutil.copyfile(run.content.torrent, os.path.join(config, "torrents", name + ".torrent"))
        resume = {"destination": run.folder, "paused": 0, "max-peers": 1000, "name": run.content.name, "progress": {"blocks": "all", "have": "all", "time-checked": [4000000000]}}
        with open(os.path.join(config, "resume", name + ".resume"), "wb") as f: f.write(encode(resume))
    else: shutil.copyfile(run.content.torrent, os.path.join(watched, "payload.torrent"))       # a torrent that is new is checked
    with open(os.path.join(config, "settings.json"), "w") as f:
        json.dump({"download-dir": run.folder, "watch-dir": watched, "watch-dir-enabled": True, "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1", "peer-port": run.port,
                   "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "utp-enabled": False, "port-forwarding-enabled": False, "encryption": 0, "cache-size-mb": 64, "preallocation": 0,
                   "peer-limit-global": 1000, "peer-limit-per-torrent": 1000, "upload-slots-per-torrent": 100, "rpc-enabled": True, "rpc-bind-address": "127.0.0.1", "rpc-port": run.port + 1,
                   "rpc-whitelist-enabled": False, "rename-partial-files": False, "message-level": 1}, f)
    return ["transmission-daemon", "-f", "-g", config]


def aria2(run):
    command = ["aria2c", "--no-conf", "--dir=" + run.folder, "--listen-port=%d" % run.port, "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
               "--file-allocation=none", "--bt-max-peers=0", "--bt-request-peer-speed-limit=0", "--disk-cache=64M", "--summary-interval=0", "--console-log-level=warn", "--disable-ipv6=true",
               "--allow-overwrite=true", "--auto-save-interval=0", "--show-console-readout=false", "--follow-torrent=mem"]
    command += {"leech": ["--seed-time=0", "--bt-hash-check-seed=false"], "seed": ["--seed-ratio=0.0", "--bt-seed-unverified=true"], "recheck": ["--check-integrity=true", "--hash-check-only=true"]}[run.mode]
    return command + [run.content.torrent]


def rtorrent(run):
    session = os.path.join(run.scratch, "session"); os.makedirs(session)
    torrent = os.path.join(run.scratch, "rtorrent.torrent")
    with open(run.content.torrent, "rb") as f: record = decode(f.read())
    record[b"announce"] = b"http://127.0.0.1:9/announce"        # without a tracker it does not start
    if run.mode == "seed":                                         # what it writes at its end about a torrent that is complete
        record[b"libtorrent_resume"] = {"bitfield": run.content.pieces, "files": [{"completed": run.content.pieces, "mtime": int(os.stat(run.path).st_mtime), "priority": 1}]}
        record[b"rtorrent"] = {"chunks_done": run.content.pieces, "complete": 1, "directory": run.folder, "state": 1, "hashing": 0, "tied_to_file": ""}
    with open(torrent, "wb") as f: f.write(encode(record))
    settings = os.path.join(run.scratch, "rtorrent.rc")
    with open(settings, "w") as f:
        f.write("\n".join(["system.daemon.set = true", "network.port_range.set = %d-%d" % (run.port, run.port), "network.port_random.set = no", "network.bind_address.set = 127.0.0.1",
                           "session.path.set = " + session, "directory.default.set = " + run.folder, "protocol.encryption.set = none", "dht.mode.set = disable", "protocol.pex.set = no",
                           "trackers.use_udp.set = no", "throttle.max_uploads.set = 500", "throttle.max_uploads.global.set = 0", "throttle.max_downloads.global.set = 0",
                           "throttle.max_peers.normal.set = 500", "throttle.max_peers.seed.set = 500", "throttle.min_peers.normal.set = 1", "pieces.hash.on_completion.set = no",
                           "network.send_buffer.size.set = 4M", "network.receive_buffer.size.set = 4M"]) + "\n")
    return ["rtorrent", "-n", "-o", "import=" + settings, torrent]


ALL = {"swarm": swarm, "libtorrent": libtorrent, "transmission": transmission, "aria2": aria2, "rtorrent": rtorrent}
