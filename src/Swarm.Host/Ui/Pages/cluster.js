// The cluster, as the node that answers sees it: members, what storages should have and have, leases, bans, and what the planner would do next.

import * as api from "./api.js";
import { h, fill, button, table, facts, field, ask, attempt } from "./dom.js";
import * as format from "./format.js";

const AGAIN = 2_000;
const BELOW = 50;

export function clusterView(root, node, signal) {
  const content = h("div", { class: "page" });
  fill(root, content);
  if (!node.hasCluster) { fill(content, h("p", null, "This node is in no cluster. It becomes a member by the section swarm.cluster of its configuration.")); return; }
  const draw = async () => {
    try {
      const [cluster, placement, leases, bans, below] = await Promise.all([
        api.get("/cluster", signal), api.get("/cluster/placement", signal), api.get("/cluster/leases", signal), api.get("/cluster/bans", signal), api.get(api.path("/cluster/torrents", { below: true, limit: BELOW }), signal),
      ]);
      if (document.querySelector("dialog[open]")) return;
      const top = root.scrollTop;
      fill(content, overview(cluster, placement), h("h2", null, "Members"), members(cluster, draw), h("h2", null, "Storages"), storages(placement), planning(placement),
        h("h2", null, "Torrents with fewer copies than wanted"), belowWanted(below), h("h2", null, "Leases"), leasesOf(leases), h("h2", null, "Banned addresses"), bansOf(bans, draw));
      root.scrollTop = top;
    } catch (error) { if (!signal.aborted) fill(content, h("p", { class: "wrong" }, error.message)); }
  };
  api.every(AGAIN, signal, draw);
}

const counts = states => Object.entries(states).map(([state, count]) => `${count} ${state}`).join(", ");

function overview(cluster, placement) {
  const { totals } = cluster;
  return h("div", { class: "columns" }, facts([
    ["Cluster", cluster.name], ["This node", cluster.self ?? `${cluster.endPoint}, not joined`], ["Its session", cluster.session], ["Planner", cluster.planner ?? "nobody"], ["Membership", `version ${cluster.version}${cluster.caughtUp ? "" : "; the tables are still being read"}`],
  ]), facts([
    ["Members", counts(totals.members)], ["Torrents", `${totals.torrents}, ${format.bytes(totals.bytes)} a copy of each`], ["Too few copies", totals.belowReplicas || ""], ["No copy", totals.withoutCopy || ""], ["Failed", totals.failed || ""],
    ["Paused", totals.paused || ""], ["Being removed", totals.removing || ""], ["Under way", placement.copiesUnderWay ? `${placement.copiesUnderWay} copies, ${format.bytes(placement.bytesUnderWay)}` : ""],
    ["Peers", totals.connectedPeers], ["Down", format.rate(totals.downloadRate)], ["Up", format.rate(totals.uploadRate)],
  ]));
}

function members(cluster, draw) {
  const set = async (member, what, question, danger) => {
    if (!await ask(`${what} ${member.endPoint}?`, h("p", null, question), { yes: what, danger })) return;
    await attempt(() => api.post(`/cluster/members/${encodeURIComponent(member.endPoint)}/${what.toLowerCase()}`), `${member.endPoint}: done.`);
    draw();
  };
  const actions = member => [
    member.state === "up" && button("Drain", () => set(member, "Drain", "It gets nothing more, and what it has is copied elsewhere.")),
    member.state === "draining" && button("Up", () => set(member, "Up", "It may have work again.")),
    member.state !== "left" && member.state !== "down" && !member.self && button("Down", () => set(member, "Down", "It is declared dead at once, and what it had is copied elsewhere. If its process still runs, it joins anew.", true), { class: "danger" }),
  ];
  return table([
    ["Member", member => member.self ? `${member.endPoint} (this node)` : member.endPoint, "name"], ["State", member => member.state], ["Since", member => format.moment(member.since), "number"],
    ["Session", member => member.sessionSeconds ? format.duration(member.sessionSeconds) : "none", "number"], ["Zone", member => member.zone], ["Weight", member => String(member.weight), "number"], ["Free", member => format.bytes(member.freeBytes), "number"],
    ["Torrents", member => String(member.torrents ?? ""), "number"], ["Peers", member => String(member.connectedPeers ?? ""), "number"], ["Down", member => format.rate(member.downloadRate), "number"], ["Up", member => format.rate(member.uploadRate), "number"],
    ["Replicas", member => counts(member.replicas)], ["", actions],
  ], cluster.items);
}

const storages = placement => table([
  ["Storage", storage => storage.storage, "name"], ["State", storage => storage.state], ["Zone", storage => storage.zone], ["Free", storage => format.bytes(storage.freeBytes), "number"],
  ["Should have", storage => `${storage.wanted}, ${format.bytes(storage.wantedBytes)}`, "number"], ["Has", storage => `${storage.complete}, ${format.bytes(storage.completeBytes)}`, "number"],
  ["Being made", storage => storage.assigned ? `${storage.assigned}, ${format.bytes(storage.assignedBytes)}` : "", "number"], ["Failed", storage => String(storage.failed || ""), "number"], ["To forget", storage => String(storage.dropping || ""), "number"],
], placement.items);

function planning(placement) {
  const replan = async () => {
    const plan = await attempt(() => api.get(api.path("/cluster/rebalance", { limit: 20 })));
    if (!plan) return;
    const steps = Object.keys(plan.steps).length ? `${counts(plan.steps)}; copies of ${format.bytes(plan.copyBytes)}.` : "Nothing is to be done.";
    const shown = table([["Torrent", step => step.name, "name"], ["Reason", step => step.reason], ["Storage", step => step.storage], ["Size", step => format.bytes(step.bytes), "number"]], plan.items, "");
    if (await ask("Look at every torrent now?", [h("p", null, steps), plan.items.length > 0 && shown], { yes: "Rebalance" })) await attempt(() => api.post("/cluster/rebalance"), "The planner looks.");
  };
  return h("p", null, Object.keys(placement.next).length ? `Next: ${counts(placement.next)}. ` : "Everything is where it should be. ", button("Rebalance…", replan));
}

const belowWanted = page => [table([
  ["Torrent", item => item.name, "name"], ["Copies", item => `${item.complete} of ${item.wanted}`, "number"], ["Does", item => format.words(item.state)],
  ["Where", item => item.replicas.map(replica => `${replica.node ?? replica.storage} ${replica.state}`).join(", ")],
], page.items), page.matches > page.items.length && h("p", { class: "none" }, `and ${page.matches - page.items.length} more`)];

const leasesOf = leases => table([
  ["Name", lease => lease.name, "name"], ["Holder", lease => `${lease.holder}#${lease.generation}`], ["Token", lease => String(lease.token), "number"], ["", lease => lease.held ? "held" : "free to take"],
], leases.items);

function bansOf(bans, draw) {
  const add = async () => {
    const address = h("input", { name: "address", required: true }), hours = h("input", { type: "number", min: "1", max: "168", value: "1" }), reason = h("input", { maxlength: "500" });
    if (!await ask("Ban an address for all nodes", [field("Address", address), field("Hours", hours), field("Reason", reason)], { yes: "Ban" })) return;
    await attempt(() => api.post("/cluster/bans", { address: address.value.trim(), seconds: Number(hours.value) * 3600, reason: reason.value.trim() }), "It is banned.");
    draw();
  };
  const lift = async ban => { await attempt(() => api.remove(`/cluster/bans/${encodeURIComponent(ban.address)}`), `${ban.address} is banned no more.`); draw(); };
  return [table([
    ["Address", ban => ban.address, "name"], ["For", ban => format.duration(ban.secondsLeft), "number"], ["Reason", ban => ban.reason], ["By", ban => ban.by], ["", ban => button("Lift", () => lift(ban))],
  ], bans.items), h("p", null, button("Ban…", add))];
}
