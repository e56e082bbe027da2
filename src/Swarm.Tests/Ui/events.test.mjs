import { test } from "node:test";
import assert from "node:assert/strict";
import { EventParser } from "../../Swarm.Host/Ui/Pages/events.js";

const STREAM = ": hello\n\nid: 7\nevent: torrents\ndata: {\"a\":1}\n\n:\n\ndata: two\ndata: lines\r\n\r\nevent: nothing\n\nid:8\ndata:x\nretry: 5\nunknown\n\ndata: unfinished";
const EVENTS = [{ id: "7", event: "torrents", data: "{\"a\":1}" }, { id: "7", event: "message", data: "two\nlines" }, { id: "8", event: "message", data: "x" }];

const parsed = parts => { const seen = []; const parser = new EventParser(event => seen.push(event)); for (const part of parts) parser.feed(part); return seen; };

test("events are the same in whatever parts they come", () => {
  assert.deepEqual(parsed([STREAM]), EVENTS);
  assert.deepEqual(parsed([...STREAM]), EVENTS);
  for (let at = 1; at < STREAM.length; at++) assert.deepEqual(parsed([STREAM.slice(0, at), STREAM.slice(at)]), EVENTS);
});

test("an event without end is refused", () => {
  const parser = new EventParser(() => {}, 100);
  assert.throws(() => { for (;;) parser.feed("x".repeat(60)); }, /too long/);
  const lines = new EventParser(() => {}, 100);
  assert.throws(() => { for (;;) lines.feed("data: 0123456789\n"); }, /too long/);
});
