// Server-sent events (WHATWG HTML, "Server-sent events") from the text of a stream. Pure. The browser's own EventSource cannot send a key, so the stream is fetched and taken apart here.

/** Takes the text as it comes, in whatever parts, and calls back with { id, event, data } for each event that is whole. An event that is longer than the limit ends the stream with an error. */
export class EventParser {
  #rest = ""; #id = ""; #event = ""; #data = []; #length = 0; #callback; #limit;

  constructor(callback, limit = 64 * 1024 * 1024) { this.#callback = callback; this.#limit = limit; }

  feed(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    if (this.#rest.length > this.#limit) throw new Error("An event is too long.");
    for (const line of lines) this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #take(line) {
    if (line === "") { this.#end(); return; }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "id") this.#id = value;
    else if (name === "event") this.#event = value;
    else if (name === "data") {
      this.#length += value.length;
      if (this.#length > this.#limit) throw new Error("An event is too long.");
      this.#data.push(value);
    }
  }

  #end() {
    const event = { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") };
    const isNone = this.#data.length === 0;
    this.#event = ""; this.#data = []; this.#length = 0;
    if (!isNone) this.#callback(event);
  }
}
