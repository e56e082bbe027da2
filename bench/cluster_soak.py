#!/usr/bin/env python3
"""
A cluster under fire: real processes on a real PostgreSQL, each in a network namespace of its own. Torrents are added and removed through any node while, again and again, a node is killed, frozen beyond its session and woken, cut off
from the others or from the database, ended in good order, or the database is stopped. After every --batch blows all is mended, and then must hold, within --heal seconds:

  no torrent lost     every torrent whose addition was acknowledged, and whose removal was not, is in the cluster at every node
  replicas back to R  each has its complete replicas at members that are there
  content right       every complete replica's files are, byte for byte, what was given
  one owner           no lease has gone to another owner while its owner's session ran, and tokens have only grown (written down by triggers in the database itself)

One JSON line a blow and a batch, and a sum at the end; ends with 1 where anything does not hold. The same --seed gives the same blows. Root on Linux; needs iproute2, iptables, PostgreSQL, and Swarm as people install it:
  dotnet publish src/Swarm.Host -c Release -o artifacts/swarm && python3 bench/cluster_soak.py --nodes 5 --blows 200
"""
import argparse, hashlib, json, os, random, shutil, signal, statistics, sys, tempfile, time
import cluster_lab
from cluster_lab import HUB, Lab, ROOT, Space, run, wait
from content import encode

# Quicker than what people have, so that two hundred blows are no night's work.
QUICK = {
    "replicas": 2,
    "tables": "{ timeout = 2 s }",
    "membership": "{ heartbeat-interval = 500 ms, suspect-after = 3 s, session-lease = 10 s, renew-interval = 1 s, stop-margin = 3 s, expiry-grace = 2 s, read-interval = 1 s, vote-lifetime = 10 s }",
    "placement": "{ repair-delay = 5 s, round-interval = 500 ms, min-free-bytes = 0, sweep-interval = 10 s, step-timeout = 5 s }",
}
QUICK_STORE = "store.postgres { lease = 10 s, renew-interval = 1 s }"
SESSION = 10

AUDIT = """
CREATE TABLE swarm.lab_audit (at timestamptz DEFAULT clock_timestamp(), what text);
CREATE FUNCTION swarm.lab_member_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.token < OLD.token THEN INSERT INTO swarm.lab_audit (what) VALUES (format('lease %s: token %s after %s', NEW.name, NEW.token, OLD.token)); END IF;
  IF (NEW.end_point, NEW.generation) IS DISTINCT FROM (OLD.end_point, OLD.generation) AND NEW.end_point <> OLD.end_point AND EXISTS (
      SELECT 1 FROM swarm.cluster_members m WHERE m.end_point = OLD.end_point AND m.generation = OLD.generation AND m.state <> 5
        AND m.alive_until > (extract(epoch FROM clock_timestamp()) * 10000000)::bigint + 621355968000000000)
  THEN INSERT INTO swarm.lab_audit (what) VALUES (format('lease %s: taken from %s#%s, whose session runs, by %s#%s', NEW.name, OLD.end_point, OLD.generation, NEW.end_point, NEW.generation)); END IF;
  RETURN NEW; END $$;
CREATE TRIGGER lab_audit BEFORE UPDATE ON swarm.cluster_leases FOR EACH ROW EXECUTE FUNCTION swarm.lab_member_lease();
"""


def line(**fields): print(json.dumps(fields), flush=True)


class Given:
    """A torrent of the outside world: its content, its hash, and the link it is added by."""
    def __init__(self, folder, number, size, rng):
        self.name, self.size, self.acknowledged, self.removed, self.replicas = "content-%d" % number, size, False, False, 1 + rng.randrange(3)
        self.path = os.path.join(folder, self.name)
        data = rng.randbytes(size)
        with open(self.path, "wb") as f: f.write(data)
        self.digest, piece = hashlib.sha256(data).hexdigest(), 64 * 1024
        info = {"name": self.name, "length": size, "piece length": piece, "pieces": b"".join(hashlib.sha1(data[at:at + piece]).digest() for at in range(0, size, piece))}
        self.file, self.hash = encode({"info": info}), hashlib.sha1(encode(info)).hexdigest()


class Soak:
    def __init__(self, options, lab):
        self.o, self.lab, self.rng = options, lab, random.Random(options.seed)
        self.given, self.down, self.frozen, self.cut, self.database_back, self.counts, self.heals, self.problems = [], {}, {}, {}, None, {}, [], []
        self.source = lab.add_node(0, "")
        self.content = os.path.join(self.source.folder, "given"); os.makedirs(self.content)

    def start(self):
        self.source.start()
        members = [self.lab.add_member(n, QUICK_STORE, zone='"zone-%d"' % (n % 2), **QUICK) for n in range(1, self.o.nodes + 1)]
        self.members = members
        for member in members: member.start()
        wait(lambda: all(self.is_up(m) for m in members), 120, lambda: "coming up: %s" % [open(m.log).read()[-600:] for m in members if not self.is_up(m)][:1])
        self.lab.database.sql(AUDIT)
        wait(lambda: self.source.try_call("/api/v1/node"), 60, "the source")
        for _ in range(self.o.torrents): self.add()

    def is_up(self, member):
        shown = member.try_call("/api/v1/cluster", seconds=3)
        return shown and shown.get("session") == "writing" and sum(m["state"] == "up" for m in shown["items"]) >= len(self.members)

    # A torrent is known to the world first. It is acknowledged by whichever node answers that it is durable.
    def add(self):
        given = Given(self.content, len(self.given), self.rng.randrange(200_000, 3_000_000), self.rng)
        import base64
        self.source.call("/api/v1/torrents", {"metainfo": base64.b64encode(given.file).decode(), "folder": self.content})
        given.magnet = "magnet:?xt=urn:btih:%s&dn=%s&x.pe=%s:6881" % (given.hash, given.name, self.source.address)
        self.given.append(given)
        self.ask(given)

    def ask(self, given):
        for node in self.rng.sample(self.members, len(self.members)):
            if node.process is None or node in self.frozen: continue
            answer = node.try_call("/api/v1/cluster/torrents", {"source": given.magnet, "replicas": given.replicas, "timeoutSeconds": 5}, seconds=8)
            if answer: given.acknowledged = True; return

    def remove(self):
        there = [g for g in self.given if g.acknowledged and not g.removed]
        if len(there) < 5: return
        given = self.rng.choice(there)
        # Whatever is answered, or not: it may have been done.
        given.removed = True
        for node in self.rng.sample(self.members, len(self.members)):
            if node.process is not None and node not in self.frozen and node.try_call("/api/v1/cluster/torrents/%s?deleteData=true" % given.hash, method="DELETE", seconds=8): return

    def well(self): return [m for m in self.members if m.process is not None and m.process.poll() is None and m not in self.frozen and m not in self.cut and m not in self.down]

    def blow(self, kind=None, seconds=None):
        now, kinds = time.monotonic(), ["kill", "kill", "kill", "freeze", "freeze", "peers", "peers", "cut", "cut", "stop"]
        if self.database_back is None: kinds.append("database")
        kind = kind or self.rng.choice(kinds)
        if kind == "database":
            self.lab.database.stop()
            seconds = seconds or self.rng.uniform(3, 60 if self.rng.random() < 0.2 else 20); self.database_back = now + seconds
            return self.count(kind, None, seconds)
        # Most are left standing; with the others anything may happen.
        targets = self.well()
        if len(targets) <= (len(self.members) + 1) // 2: return None
        node = self.rng.choice(targets)
        given, seconds = seconds, seconds or self.rng.uniform(0, 20)
        if kind == "kill": node.kill(); self.down[node] = now + seconds
        elif kind == "stop":
            node.signal(signal.SIGTERM); self.down[node] = now + seconds + 5
        elif kind == "freeze":
            seconds = given or self.rng.uniform(1, 2.5 * SESSION); node.signal(signal.SIGSTOP); self.frozen[node] = now + seconds
        elif kind == "peers": node.space.cut([m.address for m in self.members if m is not node]); self.cut[node] = now + seconds
        elif kind == "cut": node.space.cut([HUB]); self.cut[node] = now + seconds
        return self.count(kind, node, seconds)

    def count(self, kind, node, seconds):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        line(blow=sum(self.counts.values()), kind=kind, node=node.number if node else None, seconds=round(seconds, 1))
        return kind

    def mend(self, everything=False):
        now = time.monotonic()
        due = lambda times: [n for n, at in times.items() if everything or at <= now]
        if self.database_back is not None and (everything or self.database_back <= now): self.lab.database.start(); self.database_back = None
        for node in due(self.cut): node.space.mend(); del self.cut[node]
        for node in due(self.frozen): node.signal(signal.SIGCONT); del self.frozen[node]
        for node in due(self.down):
            if node.process is not None:
                try: node.process.wait(60)
                except Exception: self.problems.append("node %d did not end within a minute of SIGTERM" % node.number); node.kill()
                node.process = None
            node.start(); del self.down[node]
        for node in self.members:
            if node.process is not None and node not in self.frozen and node.process.poll() is not None and node not in self.down:
                line(node=node.number, ended_by_itself=node.process.returncode, log=open(node.log).read()[-600:]); node.process = None; self.down[node] = now

    def heal(self):
        self.mend(everything=True); self.mend(everything=True)
        for given in self.given:
            if not given.acknowledged: wait(lambda: (self.ask(given), given.acknowledged)[1], self.o.heal, "an addition after all was mended")
        self.why = "?"
        try: _, seconds = wait(self.is_well, self.o.heal, lambda: "healing: %s" % self.why)
        except RuntimeError as e: self.problems.append(str(e)); seconds = None
        self.heals.append(seconds)
        wrong = self.wrong_content()
        self.problems += wrong
        audit = self.lab.database.sql("SELECT what FROM swarm.lab_audit")
        self.problems += audit.splitlines()
        line(blows=sum(self.counts.values()), torrents=sum(g.acknowledged and not g.removed for g in self.given), healed_after=seconds and round(seconds, 1), problems=self.problems)

    def is_well(self):
        self.mend()
        for node in self.members:
            if not self.is_up(node): self.why = "node %d is not up among all" % node.number; return False
            shown, items, cursor = True, {}, ""
            while shown is not None:
                shown = node.try_call("/api/v1/cluster/torrents?limit=500" + cursor)
                if shown is None: self.why = "node %d does not list" % node.number; return False
                items.update((item["hash"], item) for item in shown["items"])
                if "next" not in shown or not shown["next"]: break
                cursor = "&cursor=" + shown["next"]
            for given in self.given:
                item = items.get(given.hash)
                if given.removed:
                    if item is not None and not item.get("removing"): self.why = "%s is removed, and there at node %d" % (given.name, node.number); return False
                    continue
                if item is None: self.why = "%s is lost at node %d" % (given.name, node.number); return False
                wanted = min(given.replicas, len(self.members))
                if item["complete"] < wanted or len([r for r in item["replicas"] if r["state"] == "complete" and r.get("node")]) < wanted: self.why = "%s has %s at node %d" % (given.name, item, node.number); return False
        return True

    def wrong_content(self):
        wrong, checked = {}, 0
        # A surplus replica may be trimmed between the list and the look: what is wrong must be so, and listed, three times.
        for look in range(3):
            last, wrong = wrong, {}
            for (hash_, end_point), (name, digest) in self.complete_replicas().items():
                if look and (hash_, end_point) not in last: continue
                path = os.path.join(next(m for m in self.members if m.end_point == end_point).folder, "content", hash_, name)
                checked += 1
                try:
                    with open(path, "rb") as f:
                        if hashlib.sha256(f.read()).hexdigest() != digest: wrong[hash_, end_point] = "%s is not what was given" % path
                except OSError as e: wrong[hash_, end_point] = str(e)
            if not wrong: break
            time.sleep(5)
        line(replicas_compared=checked)
        return list(wrong.values())

    def complete_replicas(self):
        given = {g.hash: g for g in self.given if not g.removed}
        shown = wait(lambda: self.members[0].try_call("/api/v1/cluster/torrents?limit=1000"), 60, "a list")[0]
        return {(item["hash"], r["node"]): (item["name"], given[item["hash"]].digest) for item in shown["items"] if item["hash"] in given for r in item["replicas"] if r["state"] == "complete" and r.get("node")}

    # Each kind by itself, for long enough to matter, while torrents are added and one is removed; all is well again before the next.
    def play_each(self):
        self.start(); self.heal()
        for kind, seconds in (("kill", 8), ("freeze", 2 * SESSION), ("peers", 12), ("cut", 1.5 * SESSION), ("stop", 5), ("database", self.o.database)):
            if self.problems: break
            self.blow(kind, seconds)
            self.add(); self.remove()
            while self.down or self.frozen or self.cut or self.database_back is not None: self.mend(); time.sleep(0.2)
            self.heal()
        return self.sum_up()

    def play(self):
        if self.o.each: return self.play_each()
        self.start(); self.heal()
        while sum(self.counts.values()) < self.o.blows and not self.problems:
            until = sum(self.counts.values()) + self.o.batch
            while sum(self.counts.values()) < min(until, self.o.blows):
                self.mend()
                self.blow()
                if self.rng.random() < 0.15: self.add()
                elif self.rng.random() < 0.1: self.remove()
                time.sleep(self.rng.uniform(0.3, 2))
            self.heal()
        return self.sum_up()

    def sum_up(self):
        heals = [h for h in self.heals if h is not None]
        line(blows=self.counts, sum=sum(self.counts.values()), torrents=len(self.given), acknowledged=sum(g.acknowledged for g in self.given), lost=len(self.problems), problems=self.problems,
             healed_after_median=round(statistics.median(heals), 1) if heals else None, healed_after_worst=round(max(heals), 1) if heals else None)
        return not self.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=5); parser.add_argument("--blows", type=int, default=200); parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--each", action="store_true", help="each kind of blow once instead"); parser.add_argument("--database", type=float, default=60, help="seconds without the database, with --each")
    parser.add_argument("--torrents", type=int, default=10, help="to begin with"); parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heal", type=float, default=120, help="seconds until all must be well after a batch")
    parser.add_argument("--binary", default=os.path.join(ROOT, "artifacts/swarm/swarm")); parser.add_argument("--keep", action="store_true", help="keep the working folder")
    options = parser.parse_args()
    cluster_lab.enter()
    work = tempfile.mkdtemp(prefix="swarm-soak-")
    try:
        with Lab(work, options.binary) as lab: ok = Soak(options, lab).play()
    finally:
        if options.keep: print(work, file=sys.stderr)
        else: shutil.rmtree(work, ignore_errors=True)
    sys.exit(0 if ok else 1)


if __name__ == "__main__": main()
