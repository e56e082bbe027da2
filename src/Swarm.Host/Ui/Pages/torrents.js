// The list of torrents: as much of it as has been scrolled to, kept as the node has it by the stream of changes, and what can be done with those that are selected.

import * as api from "./api.js";
import { h, fill, button, bar, ask, field, say, attempt } from "./dom.js";
import * as format from "./format.js";
import { Grid } from "./grid.js";
import { Rows } from "./rows.js";
import { parseSearch, searchFor } from "./search.js";
import { Detail } from "./detail.js";
import { askForTorrents } from "./adding.js";

const PAGE = 200;
// How often the order is made right at most; values are right at once.
const REFRESH = 2_000;
// As many rows as the node gives at once are put in order; who has scrolled further sees values change and rows stay where they are.
const REFRESHED = 1_000;
const COMMAND = 1_000;

const STATES = ["downloading", "seeding", "paused", "queued", "checking", "fetchingMetadata", "waiting", "failed"];

const COLUMNS = [
  { title: "Name", class: "name", sort: "name", of: row => row.name },
  { title: "Size", class: "number", sort: "selectedBytes", of: row => row.hasMetadata || row.placement ? format.bytes(row.selectedBytes) : "" },
  { title: "Done", class: "done", sort: "progress", of: row => [bar(row.progress, row.state), h("span", null, format.percent(row.progress))] },
  { title: "State", class: "state", sort: "state", of: row => row.reason ? `${format.words(row.state)}: ${row.reason}` : format.words(row.state) },
  { title: "Down", class: "number", sort: "downloadRate", of: row => format.rate(row.downloadRate) },
  { title: "Up", class: "number", sort: "uploadRate", of: row => format.rate(row.uploadRate) },
  { title: "Left", class: "number", sort: "secondsLeft", of: row => format.duration(row.secondsLeft) },
  { title: "Ratio", class: "number", sort: "ratio", of: row => format.ratio(row.ratio) },
  { title: "Peers", class: "number", sort: "connectedPeers", of: row => row.connectedPeers ? `${row.connectedSeeds} + ${row.connectedPeers - row.connectedSeeds}` : "" },
  { title: "Added", class: "number moment", sort: "addedAt", of: row => format.moment(row.addedAt) },
];

const COPIES = { title: "Copies", class: "number", of: row => row.placement ? `${row.placement.complete} of ${row.placement.wanted}` : "" };

/** The view; shown until the signal. */
export function torrentsView(root, node, signal) {
  const rows = new Rows();
  let sort = "-addedAt", search = "", state = "", isLoading = false, since = null;
  const detail = new Detail(signal, value => { box.value = value; setSearch(value); });
  const grid = new Grid(node.hasCluster ? [...COLUMNS, COPIES] : COLUMNS, rows, {
    sort: column => { sort = sort === column.sort ? `-${column.sort}` : column.sort; load(); },
    select: (hash, keys) => { rows.select(hash, keys); selected(); },
    open: hash => { rows.select(hash); selected(); },
    all: () => { rows.selectAll(); selected(); },
    none: () => { rows.selectNone(); selected(); },
    remove: () => remove(),
    end: () => more(),
  });
  const box = h("input", { type: "search", placeholder: "name, label:…, category:…, tracker:…", "aria-label": "search", oninput: () => later(() => setSearch(box.value)) });
  const states = h("select", { "aria-label": "state", onchange: () => { state = states.value; load(); } }, h("option", { value: "" }, "all states"), STATES.map(name => h("option", { value: name }, format.words(name))));
  const count = h("span", { class: "count", role: "status" });
  const forSelected = [
    button("Resume", () => command("resume")), button("Pause", () => command("pause")), button("Check", () => command("recheck")), button("Announce", () => command("reannounce")),
    button("Move…", () => move()), button("Remove…", () => remove(), { class: "danger" }),
  ];
  fill(root, h("div", { class: "toolbar" }, button("Add…", () => add(), { class: "main", id: "add" }), forSelected, h("span", { class: "space" }), count, states, box), grid.element, detail.element);

  const timers = new Map();
  function later(action) { clearTimeout(timers.get("search")); timers.set("search", setTimeout(action, 250)); }
  function setSearch(text) { search = text; load(); }

  const query = (limit, cursor) => api.path("/torrents", { ...parseSearch(search), state, sort, limit, cursor });

  // Anew from the beginning, at its top.
  async function load() {
    grid.top(); rows.selectNone(); selected();
    await refresh(PAGE);
  }

  async function refresh(limit) {
    const asked = query(limit);
    isLoading = true;
    try {
      const page = await api.get(asked, signal);
      if (asked !== query(limit)) return;
      rows.begin(page);
      since ??= page.revision;
      grid.showSort(sort);
      drawn();
    } catch (error) { if (!signal.aborted) say(error.message, true); }
    finally { isLoading = false; }
  }

  async function more() {
    if (isLoading || !rows.hasMore) return;
    isLoading = true;
    const asked = query(PAGE, rows.next);
    try {
      const page = await api.get(asked, signal);
      if (asked === query(PAGE, rows.next)) rows.go(page);
      drawn();
    } catch (error) { if (!signal.aborted) say(error.message, true); }
    finally { isLoading = false; }
  }

  function drawn() {
    count.textContent = rows.selected.length > 1 ? `${rows.selected.length} of ${rows.matches} selected` : `${rows.matches} torrents`;
    grid.draw();
  }

  function selected() {
    for (const one of forSelected) one.disabled = rows.selected.length === 0;
    detail.show(rows.selected.length === 1 ? rows.selected[0] : null, rows.find(rows.selected[0]));
    drawn();
  }

  async function command(name, body = {}) {
    const hashes = rows.selected;
    await attempt(async () => {
      for (let at = 0; at < hashes.length; at += COMMAND) {
        const failed = api.failures(await api.post(`/torrents/${name}`, { hashes: hashes.slice(at, at + COMMAND), ...body }));
        if (failed) throw new Error(failed);
      }
    });
  }

  async function add(files) {
    if (await askForTorrents(node, files)) await refresh(Math.max(PAGE, rows.length));
  }

  async function move() {
    if (rows.selected.length === 0) return;
    const folder = h("input", { name: "folder", required: true, value: rows.find(rows.selected[0])?.folder ?? node.defaultFolder }), data = h("input", { type: "checkbox", checked: true });
    if (await ask(`Move ${what()}`, [field("to the folder", folder), h("label", { class: "check" }, data, "move the files too; otherwise they are there already")], { yes: "Move" }))
      await command("move", { folder: folder.value.trim(), moveData: data.checked });
  }

  async function remove() {
    if (rows.selected.length === 0) return;
    const data = h("input", { type: "checkbox", name: "data" });
    if (await ask(`Remove ${what()}?`, h("label", { class: "check" }, data, "delete the files too; they cannot be brought back"), { yes: "Remove", danger: true })) await command("remove", { deleteData: data.checked });
  }

  const what = () => rows.selected.length === 1 ? `“${rows.find(rows.selected[0])?.name ?? rows.selected[0]}”` : `${rows.selected.length} torrents`;

  document.addEventListener("dragover", e => { if (e.dataTransfer.types.includes("Files")) e.preventDefault(); }, { signal });
  document.addEventListener("drop", e => { if (e.dataTransfer.files.length) { e.preventDefault(); add([...e.dataTransfer.files]); } }, { signal });

  (async () => {
    await load();
    api.every(REFRESH, signal, () => rows.isStale && !isLoading && grid.lastSeen < REFRESHED ? refresh(Math.min(REFRESHED, Math.max(PAGE, rows.length))) : undefined);
    await api.follow(last => api.path("/events", { since: last ?? since }), event => {
      if (event.event === "resync") rows.isStale = true;
      else if (rows.apply(event.data)) drawn();
    }, node.onStream, signal);
  })();
}

export { searchFor };
