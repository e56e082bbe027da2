"""Processes under measurement, the minimal peer, and memory held ready for whoever writes."""
import collections, json, os, signal, subprocess, threading, time
from content import MiB

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
GiB = 1 << 30


class Ballast:
    """
    Touched memory, given back in steps of 64 MiB ahead of whoever writes. Freed memory of a virtual machine may go back to its host, and touching it again is then five times as slow: without this the first
    writer pays for it and nobody else.
    """
    def __init__(self, on): self.on, self.chunks, self.let_go = on, collections.deque(), 0
    def fill(self, size):
        self.chunks.clear(); self.let_go = 0
        if self.on: self.chunks.extend(bytearray(b"\1") * (64 * MiB) for _ in range(size // (64 * MiB)))
    def ahead(self, written):
        while self.chunks and self.let_go < written + GiB: self.chunks.popleft(); self.let_go += 64 * MiB


class Process:
    """A client: its output lines, processor time, greatest memory. Processor time counts every thread, user and system."""
    def __init__(self, argv, folder):
        self.log = os.path.join(folder, "log-%d" % time.monotonic_ns())
        self.lines, self.anon, self.rss, self.exit_time = collections.deque(maxlen=2000), 0, 0, None
        self.started = time.monotonic()
        self.p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=open(self.log, "wb"), stdin=subprocess.PIPE, cwd=folder, env=dict(os.environ, HOME=folder), bufsize=0)
        threading.Thread(target=self._read, daemon=True).start()
    def _read(self):
        for line in self.p.stdout: self.take(line.decode(errors="replace").strip())
    def take(self, line): self.lines.append((time.monotonic(), line))
    def said(self, text):
        """When it first said so, or None."""
        return next((t for t, line in list(self.lines) if text in line), None)
    def alive(self):
        if self.p.poll() is not None and self.exit_time is None: self.exit_time = time.monotonic()
        return self.exit_time is None
    def sample(self):
        try:
            for line in open("/proc/%d/status" % self.p.pid):
                if line.startswith("RssAnon"): self.anon = max(self.anon, int(line.split()[1]) / 1024)
                elif line.startswith("VmHWM"): self.rss = max(self.rss, int(line.split()[1]) / 1024)
        except OSError: pass
    def anon_now(self):
        return next(int(line.split()[1]) / 1024 for line in open("/proc/%d/status" % self.p.pid) if line.startswith("RssAnon"))
    def cpu(self):
        """Seconds; of a process that has ended too, until it is waited for."""
        try: fields = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        except OSError: return self.last_cpu
        self.last_cpu = (int(fields[11]) + int(fields[12])) / TICK
        return self.last_cpu
    def last_words(self): return [line for _, line in list(self.lines)[-3:]] + [open(self.log, "rb").read()[-500:].decode(errors="replace")]
    def end(self):
        if self.p.poll() is None: self.p.send_signal(signal.SIGTERM)
        try: self.p.wait(20)
        except subprocess.TimeoutExpired: self.p.kill(); self.p.wait()


class Peer(Process):
    """The minimal peer of peer.c: see there for what it says. `events` has the first time of each."""
    binary = None
    def __init__(self, role, content, port, folder, connections=1, active=1, window=256, host="127.0.0.1"):
        if Peer.binary is None: raise RuntimeError("build it first")
        self.events, self.moved = {}, 0
        super().__init__([Peer.binary, role, content.path, content.hash.hex(), str(content.piece_size), host, str(port), str(connections), str(active), str(window)], folder)
    def take(self, line):
        super().take(line)
        event = json.loads(line)
        self.moved = event["moved"]
        self.events.setdefault(event["event"], event["t"])
    def end(self):
        self.p.stdin.close()
        super().end()
    @staticmethod
    def build(work):
        Peer.binary = os.path.join(work, "peer")
        subprocess.check_call(["cc", "-O2", "-o", Peer.binary, os.path.join(HERE, "peer.c")])


def wait(condition, seconds, what, *processes):
    """Until condition() is true, and gives its value. A process that ends meanwhile, or the time, is a failure; an ending that counts as success is for the condition to notice."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value: return value
        if time.monotonic() > end: raise RuntimeError("%s took over %d s: %s" % (what, seconds, [p.last_words() for p in processes]))
        for p in processes:
            if not p.alive() and not condition(): raise RuntimeError("%s: a process ended with status %s: %s" % (what, p.p.returncode, p.last_words()))
        time.sleep(0.005)
