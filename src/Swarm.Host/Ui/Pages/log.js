// The node's log as it comes.

import * as api from "./api.js";
import { h, fill } from "./dom.js";

const LINES = 200;
const KEPT = 2_000;
const LEVELS = ["trace", "debug", "information", "warning", "error"];

export function logView(root, node, signal) {
  const lines = h("div", { class: "log", role: "log", tabindex: "0" });
  const level = h("select", { "aria-label": "from which level on" }, LEVELS.map(name => h("option", { value: name, selected: name === "information" }, name)));
  fill(root, h("div", { class: "toolbar" }, "from ", level, " on"), lines);
  let shown = null;
  level.addEventListener("change", start);
  signal.addEventListener("abort", () => shown?.abort());
  start();

  async function start() {
    shown?.abort();
    const mine = shown = new AbortController();
    fill(lines);
    let last = null;
    try {
      const { items } = await api.get(api.path("/log", { limit: LINES, level: level.value }), mine.signal);
      for (const line of items) show(line);
    } catch (error) { if (!mine.signal.aborted) fill(lines, h("p", { class: "wrong" }, error.message)); return; }
    await api.follow(() => api.path("/log/stream", { level: level.value }), event => { if (event.event === "line") show(event.data); }, node.onStream, mine.signal, last);

    function show(line) {
      if (last !== null && line.sequence <= last) return;
      last = line.sequence;
      const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
      lines.append(h("div", { class: `line ${line.level}` }, h("time", null, new Date(line.at).toLocaleTimeString()), " ", h("b", null, line.level), " ", h("span", { class: "category" }, line.category), " ", line.message));
      while (lines.childElementCount > KEPT) lines.firstChild.remove();
      if (isAtEnd) lines.scrollTop = lines.scrollHeight;
    }
  }
}
