// The dialog that adds torrents: links, hashes and URLs, one a line, and .torrent files, chosen or dropped.

import * as api from "./api.js";
import { h, ask, field, say } from "./dom.js";

/** Asks and adds; true if anything was added. */
export async function askForTorrents(node, files = []) {
  const sources = h("textarea", { name: "sources", rows: "4", placeholder: "magnet:?xt=…   or the URL of a .torrent file   or an info-hash; one a line", autofocus: true });
  const chosen = h("input", { type: "file", multiple: true, accept: ".torrent,application/x-bittorrent" });
  const folder = h("input", { name: "folder", placeholder: node.defaultFolder }), category = h("input", { name: "category" }), labels = h("input", { name: "labels", placeholder: "one, two" });
  const paused = h("input", { type: "checkbox" }), sequential = h("input", { type: "checkbox" }), recheck = h("input", { type: "checkbox" });
  const copies = node.hasCluster ? h("input", { type: "number", min: "0", max: "32", placeholder: "as configured; 0: at this node alone" }) : null;
  const form = await ask("Add torrents", [
    field("Links", sources),
    files.length ? h("p", null, `${files.length === 1 ? files[0].name : `${files.length} files`} dropped`) : field("Files", chosen),
    field("Folder", folder), field("Category", category), field("Labels", labels), copies && field("Copies", copies),
    h("label", { class: "check" }, paused, "paused"), h("label", { class: "check" }, sequential, "pieces in order"), h("label", { class: "check" }, recheck, "check what lies there first"),
  ], { yes: "Add" });
  if (!form) return false;
  const options = {
    folder: folder.value.trim() || undefined, category: category.value.trim() || undefined, labels: labels.value.split(",").map(label => label.trim()).filter(Boolean),
    paused: paused.checked, sequential: sequential.checked, recheck: recheck.checked, replicas: copies?.value ? Number(copies.value) : undefined,
  };
  const all = [
    ...sources.value.split("\n").map(line => line.trim()).filter(Boolean).map(source => [source, () => ({ source })]),
    ...[...files, ...chosen.files].map(file => [file.name, async () => ({ metainfo: base64(new Uint8Array(await file.arrayBuffer())) })]),
  ];
  let added = 0;
  for (const [name, source] of all) {
    try {
      const answer = await api.post("/torrents", { ...await source(), ...options });
      say(answer.wasThere ? `${answer.name} was there.` : `${answer.name} is added.`);
      added++;
    } catch (error) { say(`${name.length > 80 ? `${name.slice(0, 80)}…` : name}: ${error.message}`, true); }
  }
  return added > 0;
}

// In portions, for a call takes only so many arguments.
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
