import { test } from "node:test";
import assert from "node:assert/strict";
import { Rows } from "../../Swarm.Host/Ui/Pages/rows.js";

const item = (hash, more) => ({ hash, name: hash, ...more });
const page = (hashes, { matches = hashes.length, next, revision = 1 } = {}) => ({ items: hashes.map(hash => item(hash)), matches, next, revision });
const shown = rows => Array.from({ length: rows.length }, (_, i) => rows.row(i).hash).join("");

function loaded(hashes, options) { const rows = new Rows(); rows.begin(page([...hashes], options)); return rows; }

test("pages follow each other, and a row that has moved between them is there once", () => {
  const rows = loaded("abc", { matches: 6, next: "c" });
  assert.ok(rows.hasMore);
  rows.go(page([..."cde"], { matches: 6 }));
  assert.equal(shown(rows), "abcde");
  assert.ok(!rows.hasMore);
  assert.equal(rows.matches, 6);
});

test("a change exchanges the row where it is and leaves the order for later", () => {
  const rows = loaded("abc");
  assert.ok(rows.apply({ revision: 2, changed: [item("b", { name: "new" }), item("z")], removed: [] }));
  assert.equal(rows.find("b").name, "new");
  assert.equal(shown(rows), "abc");
  assert.ok(rows.isStale);
});

test("what is gone is gone, also from what is selected", () => {
  const rows = loaded("abcd");
  rows.select("b"); rows.select("d", { toggle: true });
  rows.apply({ revision: 2, changed: [], removed: ["b", "x"] });
  assert.equal(shown(rows), "acd");
  assert.equal(rows.matches, 3);
  assert.deepEqual(rows.selected, ["d"]);
  assert.equal(rows.find("c").hash, "c");
});

test("a change that is known already, or older than the page, does nothing", () => {
  const rows = loaded("ab", { revision: 5 });
  assert.ok(!rows.apply({ revision: 5, changed: [item("a", { name: "old" })], removed: ["b"] }));
  assert.equal(rows.find("a").name, "a");
  assert.equal(shown(rows), "ab");
});

test("the same change twice is the same as once", () => {
  const rows = loaded("abc"), delta = { revision: 2, changed: [item("a", { name: "x" })], removed: ["b"] };
  rows.apply(delta); rows.apply(delta);
  assert.equal(shown(rows), "ac");
  assert.equal(rows.matches, 2);
});

test("when too much is forgotten the list is to be loaded anew, whatever the revision", () => {
  const rows = loaded("ab", { revision: 9 });
  assert.ok(rows.apply({ revision: 3, resync: true, changed: [], removed: [] }));
  assert.ok(rows.isStale);
});

test("selecting is as in lists everywhere", () => {
  const rows = loaded("abcdef");
  rows.select("b");
  rows.select("d", { range: true });
  assert.deepEqual(rows.selected.sort(), ["b", "c", "d"]);
  rows.select("f", { toggle: true });
  rows.select("c", { toggle: true });
  assert.deepEqual(rows.selected.sort(), ["b", "d", "f"]);
  rows.select("a", { range: true });
  assert.deepEqual(rows.selected.sort(), ["a", "b", "c"]);
  rows.select("e");
  assert.deepEqual(rows.selected, ["e"]);
  assert.deepEqual(rows.beside(1), { hash: "f", index: 5 });
  assert.deepEqual(rows.beside(100), { hash: "f", index: 5 });
  assert.deepEqual(rows.beside(-100), { hash: "a", index: 0 });
  rows.selectAll();
  assert.equal(rows.selected.length, 6);
  rows.selectNone();
  assert.deepEqual(rows.selected, []);
});

test("loading anew keeps what is selected and still there", () => {
  const rows = loaded("abc");
  rows.select("a"); rows.select("c", { toggle: true });
  rows.begin(page([..."bc"], { revision: 2 }));
  assert.deepEqual(rows.selected, ["c"]);
  rows.begin(page(["b"], { revision: 3, matches: 9, next: "b" }));
  assert.deepEqual(rows.selected, ["c"], "it may be further down");
});

test("an empty list has nothing beside anything", () => {
  const rows = loaded("");
  assert.equal(rows.beside(1).hash, undefined);
});

// Against the list itself: whatever comes, a page that was loaded and told every change shows what is there.
test("told everything, the rows are those of the list", () => {
  let seed = 42;
  const random = below => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 200; round++) {
    const list = new Map(Array.from({ length: random(20) }, (_, i) => [`h${i}`, item(`h${i}`)])), rows = new Rows();
    rows.begin({ items: [...list.values()], matches: list.size, revision: 0 });
    for (let revision = 1; revision < 30; revision++) {
      const changed = [], removed = [];
      for (const hash of list.keys()) {
        if (random(6) === 0) { list.delete(hash); removed.push(hash); }
        else if (random(4) === 0) { list.set(hash, item(hash, { name: `${revision}` })); changed.push(list.get(hash)); }
      }
      if (random(3) === 0) rows.select(`h${random(20)}`, { toggle: true });
      rows.apply({ revision, changed, removed });
      if (random(10) === 0) rows.apply({ revision, changed, removed });
      assert.deepEqual(Array.from({ length: rows.length }, (_, i) => rows.row(i)), [...list.values()]);
      assert.equal(rows.matches, list.size);
    }
  }
});
