// A table of as many rows as you like: only those that are seen are in the document. Rows are of one height, so where each is follows from its number.

import { h, fill } from "./dom.js";

const ROW_HEIGHT = 26;
const BEYOND = 10;

/** columns: { name, title, of(row), class?, sort? }; rows: a Rows; on: { sort(column), select(hash, keys), open(hash), end(), menu }. */
export class Grid {
  #columns; #rows; #on; #body; #frame = null; #heads;

  constructor(columns, rows, on) {
    this.#columns = columns; this.#rows = rows; this.#on = on;
    this.#body = h("tbody", null);
    this.#heads = new Map(columns.map(column => [column, h("th", { class: column.class, scope: "col" },
      column.sort ? h("button", { type: "button", onclick: () => on.sort(column) }, column.title) : column.title)]));
    this.table = h("table", { class: "grid", role: "grid", "aria-multiselectable": "true" }, h("thead", null, h("tr", null, [...this.#heads.values()])), this.#body);
    this.element = h("div", { class: "scroll", tabindex: "0", onscroll: () => this.draw(), onkeydown: e => this.#key(e) }, this.table);
    this.#body.addEventListener("click", e => this.#click(e));
    this.#body.addEventListener("dblclick", e => { const hash = hashOf(e); if (hash) on.open(hash); });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Which column the rows are in order of: "name" or "-name". */
  showSort(sort) {
    for (const [column, head] of this.#heads) {
      if (column.sort === sort) head.setAttribute("aria-sort", "ascending");
      else if (`-${column.sort}` === sort) head.setAttribute("aria-sort", "descending");
      else head.removeAttribute("aria-sort");
    }
  }

  /** The number of the last row that is in the document. */
  lastSeen = 0;

  top() { this.element.scrollTop = 0; }

  /** Draws with the next frame, once however often it is asked. */
  draw() { this.#frame ??= requestAnimationFrame(() => { this.#frame = null; this.#draw(); }); }

  #draw() {
    const { scrollTop, clientHeight } = this.element, count = this.#rows.length;
    const from = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - BEYOND), to = Math.min(count, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + BEYOND);
    this.lastSeen = to;
    const rows = [];
    if (from > 0) rows.push(this.#gap(from));
    for (let i = from; i < to; i++) rows.push(this.#row(this.#rows.row(i), i));
    if (to < count) rows.push(this.#gap(count - to));
    this.table.setAttribute("aria-rowcount", String(this.#rows.matches));
    fill(this.#body, rows);
    if (this.#rows.hasMore && to >= count - BEYOND) this.#on.end();
  }

  #row(row, index) {
    return h("tr", { "data-hash": row.hash, "aria-rowindex": String(index + 1), "aria-selected": this.#rows.isSelected(row.hash) ? "true" : "false", class: `state-${row.state}` },
      this.#columns.map(column => { const cell = column.of(row); return h("td", { class: column.class, title: typeof cell === "string" && column.class === "name" ? cell : undefined }, cell); }));
  }

  #gap(rows) { return h("tr", { class: "gap", "aria-hidden": "true" }, h("td", { colspan: String(this.#columns.length) }, gapOf(rows * ROW_HEIGHT))); }

  #click(event) {
    const hash = hashOf(event);
    if (hash) this.#on.select(hash, { toggle: event.ctrlKey || event.metaKey, range: event.shiftKey });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const { hash, index } = this.#rows.beside(step === Infinity ? 1e9 : step === -Infinity ? -1e9 : step);
      if (!hash) return;
      this.#on.select(hash, { range: event.shiftKey });
      const top = index * ROW_HEIGHT, head = this.table.tHead.offsetHeight;
      if (top < this.element.scrollTop) this.element.scrollTop = top;
      else if (top + ROW_HEIGHT + head > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = top + ROW_HEIGHT + head - this.element.clientHeight;
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.#on.all(); }
    else if (event.key === "Escape") this.#on.none();
    else if (event.key === "Delete") this.#on.remove();
    else if (event.key === "Enter") { const { hash } = this.#rows.beside(0); if (hash) this.#on.open(hash); }
  }
}

const hashOf = event => event.target.closest("tr[data-hash]")?.dataset.hash;

// The page's policy allows no style attributes; a property set by code is none.
function gapOf(height) {
  const gap = h("div", null);
  gap.style.height = `${height}px`;
  return gap;
}
