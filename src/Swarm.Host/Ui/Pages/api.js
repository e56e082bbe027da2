// The node's HTTP API as this page uses it. A key, where one is needed, is kept for as long as the browser's tab; refusals are errors whose message is the node's own sentence.

import { EventParser } from "./events.js";

const KEY = "swarm-key";
const LONGEST_PAUSE = 15_000;

/** A request that the node refused, or that did not reach it (status 0). */
export class Refused extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

let onKeyNeeded = () => {};

/** Who is to ask for a key. */
export const whenKeyIsNeeded = callback => { onKeyNeeded = callback; };

export const setKey = key => key ? sessionStorage.setItem(KEY, key) : sessionStorage.removeItem(KEY);
export const hasKey = () => sessionStorage.getItem(KEY) !== null;

async function send(method, path, body, signal, headers = {}) {
  const key = sessionStorage.getItem(KEY);
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) { headers["Content-Type"] = "application/json"; body = JSON.stringify(body); }
  let response;
  try { response = await fetch(`/api/v1${path}`, { method, body, headers, signal, cache: "no-store" }); }
  catch (error) { if (error.name === "AbortError") throw error; throw new Refused(0, "The node does not answer."); }
  if (response.ok || response.status === 304) return response;
  const problem = await response.json().catch(() => null);
  const refused = new Refused(response.status, problem?.detail ?? `The node answered ${response.status}.`);
  if (response.status === 401) onKeyNeeded(refused);
  throw refused;
}

const json = async response => response.status === 304 ? null : response.headers.get("Content-Type")?.includes("json") ? response.json() : null;

/** A path with a query: members that are empty are left out. */
export function path(base, query) {
  const said = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return said.length ? `${base}?${new URLSearchParams(said)}` : base;
}

export const get = async (at, signal) => json(await send("GET", at, undefined, signal));
export const post = async (at, body) => json(await send("POST", at, body));
export const put = async (at, body) => json(await send("PUT", at, body));
export const patch = async (at, body) => json(await send("PATCH", at, body));
export const remove = async at => json(await send("DELETE", at));

/** What a report for several torrents says of those that were not done; null where all were. */
export function failures(report) {
  const failed = report.items.filter(item => !item.done);
  return failed.length === 0 ? null : failed.slice(0, 3).map(item => `${item.hash.slice(0, 8)}: ${item.detail}`).join(" ") + (failed.length > 3 ? ` And ${failed.length - 3} more.` : "");
}

/**
 * Events of a stream until the signal. Comes back after the stream has broken, where it was, longer and longer pauses between. pathOf: the path, given the id of the last event, null before the first.
 * onState: "live", or "lost" with a reason. last: the id to go on after, if one is known.
 */
export async function follow(pathOf, onEvent, onState, signal, last = null) {
  let pause = 500;
  while (!signal.aborted) {
    try {
      const response = await send("GET", pathOf(last), undefined, signal, last === null ? {} : { "Last-Event-ID": last });
      const parser = new EventParser(event => { if (event.id) last = event.id; onEvent({ ...event, data: JSON.parse(event.data) }); });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      onState("live");
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        pause = 500;
        parser.feed(value);
      }
      onState("lost", "The node has ended the stream.");
    } catch (error) {
      if (signal.aborted) return;
      onState("lost", error.message);
    }
    await wait(pause, signal);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
  }
}

const wait = (time, signal) => new Promise(resolve => {
  const timer = setTimeout(resolve, time);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

/** Calls, waits, calls again, until the signal; a page that is not seen does not ask. Errors are the callback's. */
export async function every(time, signal, callback) {
  while (!signal.aborted) {
    if (!document.hidden) await callback();
    await wait(time, signal);
  }
}
