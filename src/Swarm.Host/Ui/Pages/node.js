// The node itself: what it is and does, its limits, its DHT, its actors and the configuration in force.

import * as api from "./api.js";
import { h, fill, button, table, facts, field, ask, attempt, say } from "./dom.js";
import * as format from "./format.js";

const AGAIN = 2_000;
const ACTORS = 200;

export function nodeView(root, node, signal) {
  const status = h("div", null), actors = h("div", null), config = h("div", null), filter = h("input", { type: "search", placeholder: "such as swarm.dht", "aria-label": "configuration below a key" });
  filter.addEventListener("change", () => showConfig());
  fill(root, h("div", { class: "page" }, status, h("h2", null, "Limits of the whole node"), limits(signal), h("h2", null, "Find peers in the DHT"), lookup(), h("h2", null, "Actors"), actors, h("h2", null, "Configuration in force"), filter, config,
    h("h2", null, "End"), h("p", null, button("Drain and end this node…", drain, { class: "danger" }))));

  api.every(AGAIN, signal, async () => {
    try {
      const [view, statistics, dht, mailboxes] = await Promise.all([api.get("/node", signal), api.get("/statistics", signal), api.get("/dht", signal), api.get(api.path("/actors", { limit: ACTORS }), signal)]);
      fill(status, overview(view, statistics), h("h2", null, "DHT"), table([
        ["Family", family => family.family], ["Address", family => family.address, "name"], ["Nodes", family => `${family.goodNodes} good of ${family.nodes}`, "number"], ["Buckets", family => String(family.buckets), "number"], ["Our id", family => family.nodeId],
      ], dht.items, "This node has no DHT."));
      const opened = actors.querySelector("details")?.open;
      fill(actors, actorsOf(mailboxes, opened));
    } catch (error) { if (!signal.aborted) fill(status, h("p", { class: "wrong" }, error.message)); }
  });

  async function showConfig() {
    const view = await attempt(() => api.get(api.path("/config", { under: filter.value.trim() }), signal));
    if (view) fill(config, table([["Key", item => item.key, "name"], ["Value", item => item.value], ["From", item => item.origin]], view.items));
  }

  async function drain() {
    if (await ask("End this node?", h("p", null, "It takes no new connections, tells its trackers, saves what it has and ends. It has to be started anew on its machine."), { yes: "Drain", danger: true })) await attempt(() => api.post("/node/drain"), "It ends.");
  }
}

const overview = (view, statistics) => h("div", { class: "columns" }, facts([
  ["Version", view.version], ["State", view.state], ["Up for", format.duration(view.uptimeSeconds)], ["Peers connect to", view.listen.join(", ")], ["Content goes to", view.defaultFolder], ["Content may lie below", view.contentRoots.join(", ")],
]), facts([
  ["Torrents", `${statistics.torrents}: ${Object.entries(statistics.byState).map(([state, count]) => `${count} ${format.words(state)}`).join(", ") || "none"}`], ["Peers", statistics.connectedPeers], ["Received in all", format.bytes(statistics.downloadedBytes)],
  ["Sent in all", format.bytes(statistics.uploadedBytes)], ["Managed memory", format.bytes(statistics.memoryBytes)], ["Open streams", statistics.subscribers],
]));

function limits(signal) {
  const down = h("input", { inputmode: "numeric", placeholder: "none" }), up = h("input", { inputmode: "numeric", placeholder: "none" });
  const form = h("form", { class: "inline" }, field("Down, KiB/s", down), field("Up, KiB/s", up), h("button", { class: "main" }, "Set"));
  api.get("/node", signal).then(view => { down.value = format.limitText(view.limits.downloadLimit); up.value = format.limitText(view.limits.uploadLimit); }, () => {});
  form.addEventListener("submit", event => {
    event.preventDefault();
    const [downloadLimit, uploadLimit] = [format.limitOf(down.value), format.limitOf(up.value)];
    if (downloadLimit === null || uploadLimit === null) say("A limit is a number of KiB/s, or nothing for none.", true);
    else attempt(() => api.patch("/node/limits", { downloadLimit, uploadLimit }), "The limits are set.");
  });
  return form;
}

function lookup() {
  const hash = h("input", { placeholder: "info-hash", size: "42", "aria-label": "info-hash" }), found = h("div", null), form = h("form", { class: "inline" }, hash, h("button", null, "Ask the DHT"));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    fill(found, h("p", { class: "none" }, "The DHT is asked…"));
    const answer = await attempt(() => api.get(`/dht/peers/${encodeURIComponent(hash.value.trim())}`));
    fill(found, answer && h("p", null, answer.items.length ? `${answer.items.map(peer => peer.address).join(", ")}${answer.more ? " and more" : ""}` : "Nobody is known."));
  });
  return [form, found];
}

function actorsOf(list, open) {
  const waiting = list.items.reduce((sum, actor) => sum + actor.mailboxDepth, 0), failed = list.items.filter(actor => actor.restarts > 0);
  const restart = async actor => {
    if (await ask(`Restart ${actor.path}?`, h("p", null, "It fails on purpose, and its supervisor does what it does then."), { yes: "Restart", danger: true })) await attempt(() => api.post("/actors/restart", { path: actor.path }), "It was made to fail.");
  };
  return h("details", { open }, h("summary", null, `${list.items.length}${list.more ? " and more" : ""}, ${waiting} messages wait, ${failed.length} have been restarted, ${list.deadLetters} dead letters, ${list.droppedMessages} dropped`), table([
    ["Actor", actor => `${"\u2003".repeat(actor.depth)}${actor.name}`, "name"], ["Kind", actor => actor.kind], ["Waiting", actor => String(actor.mailboxDepth || ""), "number"], ["Restarts", actor => String(actor.restarts || ""), "number"],
    ["Last failure", actor => actor.lastFailure ? `${format.moment(actor.lastFailureAt)} ${actor.lastFailure}` : ""], ["", actor => actor.stopping ? "stopping" : button("Restart", () => restart(actor))],
  ], list.items));
}
