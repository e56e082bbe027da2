// The page: which view is shown, the figures above it, and the key where one is needed. Views are functions of (root, node, signal) that draw into the root until the signal.

import * as api from "./api.js";
import { h, fill, button, ask, field, say } from "./dom.js";
import * as format from "./format.js";
import { torrentsView } from "./torrents.js";
import { clusterView } from "./cluster.js";
import { nodeView } from "./node.js";
import { logView } from "./log.js";

const AGAIN = 2_000;
const VIEWS = { torrents: ["Torrents", torrentsView], cluster: ["Cluster", clusterView], node: ["Node", nodeView], log: ["Log", logView] };

const node = { hasCluster: false, defaultFolder: "", onStream: (state, why) => showStream(state, why) };
const rates = h("span", { class: "rates" }), stream = h("span", { class: "stream", role: "status" }), tabs = h("nav", null), main = h("main", null);
const forget = button("Forget the key", () => { api.setKey(null); location.reload(); }, { hidden: true });
document.body.append(h("header", null, h("img", { src: "/ui/icon.svg", alt: "", width: "24", height: "24" }), h("h1", null, "Swarm"), tabs, h("span", { class: "space" }), rates, stream, forget), main);

let shown = null, asking = null;

api.whenKeyIsNeeded(refused => { asking ??= askForKey(refused); });

async function askForKey(refused) {
  shown?.abort();
  const key = h("input", { type: "password", autocomplete: "current-password", required: true, autofocus: true });
  const form = await ask("A key is needed", [h("p", null, refused.message), field("Key", key)], { yes: "Use it" });
  api.setKey(form ? key.value.trim() : null);
  asking = null;
  if (form) begin();
  else fill(main, h("div", { class: "page" }, h("p", null, "Without a key this node shows nothing here. "), button("Enter a key", begin)));
}

function showStream(state, why) {
  stream.className = `stream ${state}`;
  stream.textContent = state === "live" ? "live" : "not connected";
  stream.title = why ?? "";
}

function open() {
  shown?.abort();
  shown = new AbortController();
  const name = VIEWS[location.hash.slice(2)] ? location.hash.slice(2) : "torrents";
  fill(tabs, Object.entries(VIEWS).filter(([view]) => view !== "cluster" || node.hasCluster).map(([view, [title]]) => h("a", { href: `#/${view}`, "aria-current": view === name ? "page" : undefined }, title)));
  stream.textContent = "";
  main.className = name;
  VIEWS[name][1](fill(main), node, shown.signal);
}

/** Learns what the node is, then shows it. */
async function begin() {
  try {
    const view = await api.get("/node");
    node.defaultFolder = view.defaultFolder;
    node.hasCluster = view.cluster !== undefined;
    forget.hidden = !api.hasKey();
    open();
  } catch (error) {
    if (error.status === 401) return;
    say(error.message, true);
    fill(main, h("div", { class: "page" }, button("Try again", begin)));
  }
}

addEventListener("hashchange", open);
begin();

api.every(AGAIN, new AbortController().signal, async () => {
  if (shown === null || shown.signal.aborted) return;
  try {
    const statistics = await api.get("/statistics");
    rates.textContent = `↓ ${format.rate(statistics.downloadRate) || "0"}  ↑ ${format.rate(statistics.uploadRate) || "0"}`;
    document.title = statistics.downloadRate + statistics.uploadRate ? `${rates.textContent} · Swarm` : "Swarm";
  } catch (error) { if (error.status === 0) showStream("lost", error.message); }
});
