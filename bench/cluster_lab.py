"""
A cluster on this machine: a PostgreSQL, nodes as real processes, each in a network namespace of its own on one bridge, and whatever can be done to them: kill, freeze, cut off from each other or from the
database, links that are slow. Programs that use it begin with enter(), which starts them again in a network namespace of their own, so that nothing of it is seen outside. Root on Linux; needs iproute2, iptables and PostgreSQL.
"""
import glob, json, os, shutil, signal, subprocess, sys, tempfile, time, urllib.error, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HUB = "10.88.0.1"
KEY = "lab-key-lab-key-lab-key-lab-key-lab-key"


def enter():
    """Goes on in a network namespace of its own."""
    if os.environ.get("SWARM_LAB") != "1":
        os.environ["SWARM_LAB"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    for signal_number in (signal.SIGTERM, signal.SIGINT): signal.signal(signal_number, lambda *a: sys.exit(143))
    run("ip link set lo up"); run("ip link add br0 type bridge"); run("ip addr add %s/15 dev br0" % HUB); run("ip link set br0 up")


def run(line, ok=True):
    done = subprocess.run(line.split() if isinstance(line, str) else line, capture_output=True, text=True)
    if ok and done.returncode: raise RuntimeError("%s: %s" % (line, done.stderr.strip()))
    return done.stdout


def wait(condition, seconds, what, pause=0.2):
    """Until condition() is true, looked at every `pause` seconds, and gives its value and the seconds it took."""
    begin = time.monotonic()
    while True:
        value = condition()
        if value: return value, time.monotonic() - begin
        if time.monotonic() - begin > seconds: raise RuntimeError("%s took over %d s" % (what() if callable(what) else what, seconds))
        time.sleep(pause)


class Space:
    """A network namespace on the bridge, with an address. rate: what its link carries each way, in Mbit/s; None: whatever it can."""
    count = 0
    def __init__(self, number, rate=None):
        self.name, self.address = "swarmlab-%d-%d" % (os.getpid(), number), "10.88.%d.%d" % (1 + number // 250, 1 + number % 250)
        outside = "lab%d" % number
        run("ip netns add " + self.name)
        run("ip link add %s type veth peer name eth0 netns %s" % (outside, self.name))
        run("ip link set %s master br0 up" % outside)
        for line in ("ip addr add %s/15 dev eth0" % self.address, "ip link set eth0 up", "ip link set lo up"): self.run(line)
        if rate:
            shape = "root tbf rate %dmbit burst 256kb latency 100ms" % rate
            run("tc qdisc add dev %s %s" % (outside, shape)); self.run("tc qdisc add dev eth0 " + shape)
    def run(self, line): return run(["ip", "netns", "exec", self.name] + line.split())
    def cut(self, addresses):
        """No packet goes to these or comes from them, silently."""
        for a in addresses: self.run("iptables -A INPUT -s %s -j DROP" % a); self.run("iptables -A OUTPUT -d %s -j DROP" % a)
    def mend(self): self.run("iptables -F")
    def end(self): run("ip netns del " + self.name, ok=False)


class Database:
    """A PostgreSQL of its own. Durable: what is stopped at once must have lost nothing."""
    def __init__(self):
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"), default=None) or os.path.dirname(shutil.which("postgres") or sys.exit("PostgreSQL is missing (Debian: postgresql)"))
        self.home = tempfile.mkdtemp(prefix="swarm-lab-database-"); shutil.chown(self.home, "postgres")
        self.data = os.path.join(self.home, "data")
        self._as(self.bin + "/initdb", "-D", self.data, "-U", "swarm", "-A", "trust", "-E", "UTF8", "--no-locale")
        with open(self.data + "/pg_hba.conf", "w") as f: f.write("local all all trust\nhost all all 10.88.0.0/15 trust\n")
        with open(self.data + "/postgresql.conf", "a") as f: f.write("listen_addresses='%s'\nport=5432\nunix_socket_directories='%s'\nmax_connections=300\nshared_preload_libraries='pg_stat_statements'\n" % (HUB, self.data))
        self.start(); self.sql("CREATE DATABASE swarm", "postgres")
        self.connection = "postgresql://swarm@%s:5432/swarm" % HUB
    def _as(self, *argv): return run(["runuser", "-u", "postgres", "--", *argv])
    def start(self): self._as(self.bin + "/pg_ctl", "-D", self.data, "-l", self.data + "/log", "-w", "start")
    def stop(self): self._as(self.bin + "/pg_ctl", "-D", self.data, "-m", "immediate", "stop")
    def end(self):
        try: self.stop()
        except RuntimeError: pass
        shutil.rmtree(self.home, ignore_errors=True)
    def sql(self, text, database="swarm"): return self._as(self.bin + "/psql", "-h", self.data, "-U", "swarm", "-d", database, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text).strip()
    def cpu(self):
        """Processor seconds of the whole server."""
        first = int(open(self.data + "/postmaster.pid").readline())
        return sum(cpu_of(int(p)) for p in [first] + run("pgrep -P %d" % first, ok=False).split())


def cpu_of(pid):
    try: fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    except OSError: return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Node:
    """A node as people run it. settings: HOCON within 'swarm'."""
    def __init__(self, lab, number, settings, space=None):
        self.lab, self.number, self.space = lab, number, space or Space(number, lab.rate)
        self.folder = os.path.join(lab.work, "node-%d" % number); os.makedirs(self.folder, exist_ok=True)
        self.address, self.end_point, self.process, self.log = self.space.address, self.space.address + ":9120", None, os.path.join(self.folder, "log")
        with open(os.path.join(self.folder, "swarm.conf"), "w") as f: f.write("swarm {\n%s\n%s\n}\n" % (self._usual(), settings))
    def _usual(self):
        return """
          node { listen = ["%s:6881"], public-only = false }
          api { listen = ["%s:9110"], content-roots = ["%s"], allowed-hosts = ["%s"], authentication = always, keys = [{ name = lab, scope = admin, secret = "%s" }] }""" % (self.address, self.address, self.folder, self.address, KEY)
    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.space.name, self.lab.binary, "serve", "--config", os.path.join(self.folder, "swarm.conf"), "--data", os.path.join(self.folder, "state"), "--no-dht"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ, HOME=self.folder), start_new_session=True)
    @property
    def pid(self): return self.process.pid
    def signal(self, number):
        try: os.killpg(self.process.pid, number)
        except ProcessLookupError: pass                            # it has ended by itself
    def kill(self): self.signal(signal.SIGKILL); self.process.wait(); self.process = None
    def stop(self, seconds=60):
        """In good order: its exit code."""
        self.signal(signal.SIGTERM); code = self.process.wait(seconds); self.process = None
        return code
    def call(self, path, body=None, method=None, seconds=10):
        request = urllib.request.Request("http://%s:9110%s" % (self.address, path), json.dumps(body).encode() if body is not None else None, {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None
    def try_call(self, path, body=None, method=None, seconds=10):
        """None where nobody answers, or refuses."""
        try: return self.call(path, body, method, seconds)
        except (OSError, urllib.error.HTTPError, ValueError): return None
    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT); self.signal(signal.SIGKILL); self.process.wait()
        self.space.end()


class Lab:
    """The database and the nodes in a working folder; ends all of it."""
    def __init__(self, work, binary, rate=None):
        self.work, self.binary, self.rate, self.nodes, self.database = work, binary, rate, [], None
        if not os.access(binary, os.X_OK): sys.exit("%s is missing: dotnet publish src/Swarm.Host -c Release -o artifacts/swarm" % binary)
    def __enter__(self): return self
    def __exit__(self, *a):
        for node in self.nodes: node.end()
        if self.database: self.database.end()
    def add_member(self, number, more="", **traits):
        """A member of the cluster; traits: keys of swarm.cluster."""
        if self.database is None: self.database = Database()
        node = Node(self, number, "", space=Space(number, self.rate))
        cluster = dict(dict(enabled="true", name="lab", secret='"%s"' % KEY, folder='"%s"' % os.path.join(node.folder, "content")), **traits)
        cluster["end-point"] = '"%s"' % node.end_point
        text = "store { kind = postgres, postgres { connection = \"%s\" } }\ncluster {\n%s\n}\n%s" % (self.database.connection, "\n".join("%s = %s" % (k, v) for k, v in cluster.items()), more)
        with open(os.path.join(node.folder, "swarm.conf"), "w") as f: f.write("swarm {\n%s\n%s\n}\n" % (node._usual(), text))
        self.nodes.append(node)
        return node
    def add_node(self, number, settings=""):
        node = Node(self, number, settings); self.nodes.append(node)
        return node
