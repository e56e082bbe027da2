import { test } from "node:test";
import assert from "node:assert/strict";
import { parseSearch, searchFor } from "../../Swarm.Host/Ui/Pages/search.js";

test("what stands in the search box", () => {
  for (const [text, query] of [
    ["", {}], ["   ", {}], ["debian", { text: "debian" }], ["debian  netinst", { text: "debian netinst" }], ["label:iso", { label: "iso" }], ["Label:iso debian", { label: "iso", text: "debian" }],
    ['label:"two words" x', { label: "two words", text: "x" }], ["category:a label:b tracker:c", { category: "a", label: "b", tracker: "c" }], ["label:a label:b", { label: "b" }],
    ["http://x", { text: "http://x" }], ['"label:x"', { text: "label:x" }], ["a:b", { text: "a:b" }], ["label:", { text: "label:" }], ['unfinished "quote', { text: 'unfinished "quote' }],
  ]) assert.deepEqual(parseSearch(text), query, text);
});

test("what is clicked is found", () => {
  for (const value of ["iso", "two words", "tracker.example", "a:b", "ümlaut"]) assert.deepEqual(parseSearch(searchFor("label", value)), { label: value });
});
