// The part of a list that a page has loaded, and what changes tell of it. Pure: who loads and who draws are elsewhere.
//
// Invariants: rows are in the list's order and no hash is there twice; a selected hash is one that is loaded or was selected by name; applying the same change twice is the same as once.

/** Loaded rows, in order, and which of them are selected. */
export class Rows {
  #rows = []; #at = new Map(); #selected = new Set(); #anchor = null;
  matches = 0; revision = 0; next = null; isStale = false;

  get length() { return this.#rows.length; }
  get selected() { return [...this.#selected]; }
  get hasMore() { return this.next !== null; }

  row(index) { return this.#rows[index]; }
  find(hash) { return this.#rows[this.#at.get(hash)]; }
  isSelected(hash) { return this.#selected.has(hash); }

  /** The list's beginning, instead of all that is there. Selected rows that are not in it stay selected only if the list goes on. */
  begin(page) {
    this.#rows = []; this.#at = new Map(); this.isStale = false; this.revision = page.revision;
    this.#append(page);
    if (!this.hasMore) for (const hash of this.#selected) if (!this.#at.has(hash)) this.#selected.delete(hash);
  }

  /** The page after what is there. A row that has moved here from an earlier page stays where it was. */
  go(page) { this.#append(page); }

  #append(page) {
    this.matches = page.matches; this.next = page.next ?? null;
    for (const item of page.items) {
      if (this.#at.has(item.hash)) continue;
      this.#at.set(item.hash, this.#rows.length);
      this.#rows.push(item);
    }
  }

  /** What changed. Rows are exchanged where they are; a change that may have moved rows, or brought new ones, leaves the list stale, to be loaded anew when there is time. */
  apply(delta) {
    if (delta.revision <= this.revision && !delta.resync) return false;
    this.revision = delta.revision;
    if (delta.resync) { this.isStale = true; return true; }
    const gone = new Set(delta.removed.filter(hash => this.#at.has(hash)));
    for (const hash of delta.removed) this.#selected.delete(hash);
    if (gone.size) {
      this.#rows = this.#rows.filter(row => !gone.has(row.hash));
      this.#at = new Map(this.#rows.map((row, index) => [row.hash, index]));
      this.matches -= gone.size;
    }
    for (const item of delta.changed) {
      const index = this.#at.get(item.hash);
      if (index !== undefined) this.#rows[index] = item;
      this.isStale = true;
    }
    return gone.size > 0 || delta.changed.length > 0;
  }

  /** Selects as lists do everywhere: one, with ctrl one more or less, with shift all from the last one on. */
  select(hash, { toggle = false, range = false } = {}) {
    const to = this.#at.get(hash), from = this.#at.get(this.#anchor);
    if (range && to !== undefined && from !== undefined) {
      if (!toggle) this.#selected.clear();
      for (let i = Math.min(from, to); i <= Math.max(from, to); i++) this.#selected.add(this.#rows[i].hash);
      return;
    }
    this.#anchor = hash;
    if (!toggle) { this.#selected = new Set([hash]); return; }
    if (!this.#selected.delete(hash)) this.#selected.add(hash);
  }

  selectAll() { for (const row of this.#rows) this.#selected.add(row.hash); }
  selectNone() { this.#selected.clear(); this.#anchor = null; }

  /** The hash so many rows further than the one selected last, for the keyboard. */
  beside(step) {
    const at = this.#at.get(this.#anchor);
    const index = at === undefined ? 0 : Math.min(this.#rows.length - 1, Math.max(0, at + step));
    return { hash: this.#rows[index]?.hash, index };
  }
}
