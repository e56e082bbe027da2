// One torrent looked at closely: what it is, its files, peers, trackers and pieces, why it is slow or stands still, and where its copies are.

import * as api from "./api.js";
import { h, fill, button, bar, table, facts, field, attempt } from "./dom.js";
import * as format from "./format.js";
import { searchFor } from "./search.js";

const AGAIN = 2_000;
const MOST_PEERS = 500;
const MOST_FILES = 2_000;
const PRIORITIES = ["skip", "low", "normal", "high"];

export class Detail {
  #hash = null; #item = null; #tab = "General"; #showing = null; #content; #tabs; #signal; #onSearch;

  constructor(signal, onSearch) {
    this.#signal = signal; this.#onSearch = onSearch;
    this.#content = h("div", { class: "content", role: "tabpanel" });
    this.#tabs = h("div", { class: "tabs", role: "tablist" });
    this.element = h("section", { class: "detail", hidden: true, "aria-label": "torrent" }, this.#tabs, this.#content);
    signal.addEventListener("abort", () => this.#showing?.abort());
  }

  /** Shows a torrent, or nothing. */
  show(hash, item) {
    this.#item = item;
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.element.hidden = hash === null;
    this.#open(this.#tab);
  }

  #open(tab) {
    this.#showing?.abort();
    if (this.#hash === null || this.#signal.aborted) return;
    this.#showing = new AbortController();
    const views = { General: general, Why: why, Files: files, Peers: peers, Trackers: trackers, Pieces: pieces, ...(this.#item?.placement ? { Where: where } : {}) };
    this.#tab = views[tab] ? tab : "General";
    fill(this.#tabs, Object.keys(views).map(name => h("button", { type: "button", role: "tab", "aria-selected": name === this.#tab ? "true" : "false", onclick: () => this.#open(name) }, name)));
    fill(this.#content, h("p", { class: "none" }, "…"));
    const at = `/torrents/${this.#hash}`, { signal } = this.#showing, content = this.#content;
    api.every(AGAIN, signal, async () => {
      // What somebody is filling in is not drawn over.
      if (content.querySelector("form[data-changed]") || content.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
      try {
        const drawn = await views[this.#tab](at, signal, { again: () => this.#open(this.#tab), search: this.#onSearch });
        if (!signal.aborted && drawn) { const top = content.scrollTop; fill(content, drawn); content.scrollTop = top; }
      } catch (error) { if (!signal.aborted) fill(content, h("p", { class: "wrong" }, error.message)); }
    });
  }
}

async function general(at, signal, { again, search }) {
  const view = await api.get(at, signal), item = view.torrent;
  const link = (key, value) => button(value, () => search(searchFor(key, value)), { class: "link" });
  return h("div", { class: "columns" }, facts([
    ["Name", item.name], ["Hash", item.hash], ["State", item.reason ? `${format.words(item.state)}: ${item.reason}` : format.words(item.state)],
    ["Folder", item.folder], ["Size", `${format.bytes(item.totalBytes)}${item.selectedBytes !== item.totalBytes ? `, ${format.bytes(item.selectedBytes)} wanted` : ""}`],
    ["Done", `${format.percent(item.progress)}${view.piecesToCheck ? `, ${view.checkedPieces} of ${view.piecesToCheck} pieces checked` : ""}`],
    ["Pieces", view.pieceCount ? `${view.pieceCount} of ${format.bytes(view.pieceBytes)}` : ""], ["Received", `${format.bytes(item.downloadedBytes)}${view.wastedBytes ? `, ${format.bytes(view.wastedBytes)} for nothing in this run` : ""}`],
    ["Sent", `${format.bytes(item.uploadedBytes)}, ratio ${format.ratio(item.ratio)}`], ["Peers", `${item.connectedPeers} connected, ${view.knownPeers} known`],
    ["Added", format.moment(item.addedAt)], ["Completed", format.moment(item.completedAt)], ["Active", format.moment(item.activeAt)], ["Private", item.isPrivate ? "yes" : ""],
    ["Category", item.category && link("category", item.category)], ["Labels", item.labels.length ? item.labels.map(label => [link("label", label), " "]) : ""],
    ["Trackers", item.trackerHosts.length ? item.trackerHosts.map(host => [link("tracker", host), " "]) : ""], ["Comment", view.comment], ["Made by", view.createdBy],
  ]), options(at, view, again));
}

// Only what was changed is sent, so that two who change different things do not undo each other.
function options(at, view, again) {
  const item = view.torrent;
  const fields = {
    name: h("input", { value: item.name }), category: h("input", { value: item.category ?? "" }), labels: h("input", { value: item.labels.join(", ") }),
    downloadLimit: h("input", { value: format.limitText(view.downloadLimit), inputmode: "numeric", placeholder: "none" }), uploadLimit: h("input", { value: format.limitText(view.uploadLimit), inputmode: "numeric", placeholder: "none" }),
    ratioGoal: h("input", { inputmode: "decimal", placeholder: "unchanged; 0: never, -1: as the node says" }), sequential: h("input", { type: "checkbox", checked: view.sequential }),
  };
  const changed = new Set();
  const form = h("form", { class: "options" },
    field("Name", fields.name), field("Category", fields.category), field("Labels", fields.labels), field("Down, KiB/s", fields.downloadLimit), field("Up, KiB/s", fields.uploadLimit), field("Stop at ratio", fields.ratioGoal),
    h("label", { class: "check" }, fields.sequential, "pieces in order"), h("div", { class: "buttons" }, button("Undo", again), h("button", { class: "main" }, "Save")));
  for (const [name, input] of Object.entries(fields)) input.addEventListener("input", () => { changed.add(name); form.setAttribute("data-changed", ""); });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const patch = {};
    for (const name of changed) {
      const text = fields[name].value;
      if (name === "sequential") patch[name] = fields[name].checked;
      else if (name === "labels") patch[name] = text.split(",").map(label => label.trim()).filter(Boolean);
      else if (name.endsWith("Limit")) patch[name] = format.limitOf(text) ?? text;
      else if (name === "ratioGoal") { if (text.trim() !== "") patch[name] = Number(text); }
      else patch[name] = text.trim();
    }
    const done = await attempt(async () => {
      const failed = api.failures(await api.patch(at, patch));
      if (failed) throw new Error(failed);
      return true;
    }, "Saved.");
    if (done) again();
  });
  return form;
}

async function why(at, signal) {
  const explained = await api.get(`${at}/explain`, signal);
  return explained.items.map(finding => h("div", { class: `finding ${finding.severity}` }, h("p", null, finding.sentence), finding.remedy && h("p", { class: "remedy" }, finding.remedy),
    h("p", { class: "evidence" }, Object.entries(finding.evidence).map(([name, value]) => `${name} ${value}`).join(" · "))));
}

async function files(at, signal, { again }) {
  const { items } = await api.get(`${at}/files`, signal);
  const setPriority = (file, priority) => attempt(async () => {
    const failed = api.failures(await api.put(`${at}/files/${file.index}/priority/${priority}`));
    if (failed) throw new Error(failed);
  }).then(() => document.activeElement?.blur()).then(again);
  const shown = table([
    ["Path", file => file.path, "name"], ["Size", file => format.bytes(file.bytes), "number"], ["Done", file => [bar(file.progress), format.percent(file.progress)], "done"],
    ["Wanted", file => h("select", { "aria-label": `priority of ${file.path}`, onchange: e => setPriority(file, e.target.value) }, PRIORITIES.map(name => h("option", { value: name, selected: name === file.priority }, name)))],
  ], items.slice(0, MOST_FILES), "The files are not known yet.");
  return items.length > MOST_FILES ? [shown, h("p", { class: "none" }, `and ${items.length - MOST_FILES} more`)] : shown;
}

async function peers(at, signal, { again }) {
  const { items } = await api.get(`${at}/peers`, signal);
  const address = h("input", { placeholder: "address:port", "aria-label": "a peer to try" });
  const form = h("form", { class: "inline" }, address, h("button", null, "Try this peer"));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const done = await attempt(async () => {
      const failed = api.failures(await api.post(`${at}/peers`, { peers: [address.value.trim()] }));
      if (failed) throw new Error(failed);
      return true;
    }, "It is tried.");
    address.blur();
    if (done) again();
  });
  const flags = peer => [peer.incoming && "came to us", peer.peerChokes && peer.weAreInterested && "does not serve us", peer.weChoke && peer.peerIsInterested && "waits for us", peer.snubbed && "promised and does not send"].filter(Boolean).join(", ");
  const sorted = items.toSorted((a, b) => b.downloadRate + b.uploadRate - a.downloadRate - a.uploadRate || (a.address < b.address ? -1 : 1));
  return [table([
    ["Address", peer => peer.address, "name"], ["Program", peer => peer.client], ["Has", peer => format.percent(peer.progress), "number"], ["Down", peer => format.rate(peer.downloadRate), "number"], ["Up", peer => format.rate(peer.uploadRate), "number"],
    ["Received", peer => format.bytes(peer.downloadedBytes), "number"], ["Sent", peer => format.bytes(peer.uploadedBytes), "number"], ["", flags],
  ], sorted.slice(0, MOST_PEERS), "No connections."), form];
}

async function trackers(at, signal) {
  const { items } = await api.get(`${at}/trackers`, signal);
  return table([
    ["Tier", tracker => String(tracker.tier), "number"], ["URL", tracker => tracker.url, "name"], ["Seeds", tracker => String(tracker.seeders ?? ""), "number"], ["Leechers", tracker => String(tracker.leechers ?? ""), "number"],
    ["Completed", tracker => String(tracker.completed ?? ""), "number"], ["Told us", tracker => String(tracker.peersTold), "number"], ["Last asked", tracker => format.moment(tracker.lastAnnouncedAt), "number"],
    ["Next", tracker => format.moment(tracker.nextAnnounceAt), "number"], ["Error", tracker => tracker.error ?? "", "wrong"],
  ], items, "No trackers.");
}

async function pieces(at, signal) {
  const map = await api.get(`${at}/pieces`, signal);
  if (!map.pieceCount) return h("p", { class: "none" }, "The pieces are not known yet.");
  return [h("p", null, `${map.verified} of ${map.pieceCount} pieces of ${format.bytes(map.pieceBytes)} are verified.`), drawPieces(map)];
}

// A square a piece, or where there are too many for the width a square for as many as fit, as dark as they are there.
function drawPieces({ pieceCount, bitfield }) {
  const bits = atob(bitfield), square = 8, across = 120, down = Math.min(50, Math.ceil(pieceCount / across)), cells = Math.min(pieceCount, across * down);
  const canvas = h("canvas", { width: String(across * square), height: String(down * square), role: "img", "aria-label": "verified pieces" }), context = canvas.getContext("2d");
  for (let cell = 0; cell < cells; cell++) {
    const from = Math.floor(cell * pieceCount / cells), to = Math.floor((cell + 1) * pieceCount / cells);
    let there = 0;
    for (let piece = from; piece < to; piece++) there += bits.charCodeAt(piece >> 3) >> (7 - (piece & 7)) & 1;
    context.fillStyle = `rgba(42, 125, 225, ${0.12 + 0.88 * there / (to - from)})`;
    context.fillRect(cell % across * square, Math.floor(cell / across) * square, square - 1, square - 1);
  }
  return canvas;
}

async function where(at, signal, { again }) {
  const { torrent, items, next } = await api.get(at.replace("/torrents/", "/cluster/torrents/"), signal);
  const copies = h("input", { type: "number", min: "1", max: "32", value: String(torrent.wanted), "aria-label": "copies" }), form = h("form", { class: "inline" }, copies, h("button", null, "copies are wanted"));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    await attempt(() => api.put(`${at.replace("/torrents/", "/cluster/torrents/")}/replicas`, { replicas: Number(copies.value) }), "It is wanted so.");
    copies.blur();
    again();
  });
  return [h("p", null, `${torrent.complete} of ${torrent.wanted} copies are complete. ${next}`), table([
    ["Storage", replica => replica.storage, "name"], ["Replica", replica => replica.state], ["Node", replica => replica.node ?? "nobody"], ["Does", replica => format.words(replica.phase)], ["", replica => [replica.pinned && "pinned", replica.reason].filter(Boolean).join(", ")],
  ], torrent.replicas, "Nowhere yet."), h("h3", null, "Storages, the best for it first"), table([
    ["", ranked => String(ranked.rank), "number"], ["Storage", ranked => ranked.storage, "name"], ["Zone", ranked => ranked.zone], ["Weight", ranked => String(ranked.weight), "number"], ["Node", ranked => ranked.node ?? "nobody"],
    ["", ranked => [ranked.desired && "it should be here", ranked.replica, !ranked.hasRoom && "no room"].filter(Boolean).join(", ")],
  ], items), form];
}
