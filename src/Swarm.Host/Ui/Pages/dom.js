// Elements from code. Text is always text: nothing that comes from a torrent, a peer or a tracker is ever read as HTML.

/** An element: h("td", { class: "number", onclick: f }, "text", child, …). Properties that begin with "on" listen; those that are false or missing are left out. */
export function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "selected") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child);
  }
}

/** These children instead of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** A table of plain rows: columns are [title, of, class?], of gives text or an element. */
export function table(columns, rows, none = "none") {
  if (!rows.length) return h("p", { class: "none" }, none);
  return h("table", { class: "plain" },
    h("thead", null, h("tr", null, columns.map(([title, , style]) => h("th", { class: style }, title)))),
    h("tbody", null, rows.map(row => h("tr", null, columns.map(([, of, style]) => h("td", { class: style }, of(row)))))));
}

/** Pairs of a name and a value, those without a value left out. */
export const facts = pairs => h("dl", null, pairs.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));

/** A button. */
export const button = (text, onclick, properties) => h("button", { type: "button", onclick, ...properties }, text);

/** A bar that is filled so far, 0 to 1. */
export function bar(share, style) {
  const progress = h("progress", { max: "1", class: style });
  progress.value = share;
  return progress;
}

/** A line that says what went wrong or was done, for a while. */
export function say(text, isWrong = false) {
  const line = h("div", { class: isWrong ? "notice wrong" : "notice", role: isWrong ? "alert" : "status" }, text, button("×", () => line.remove(), { "aria-label": "close" }));
  let notices = document.querySelector("#notices");
  if (!notices) document.body.append(notices = h("div", { id: "notices" }));
  notices.append(line);
  while (notices.children.length > 5) notices.firstChild.remove();
  setTimeout(() => line.remove(), isWrong ? 20_000 : 6_000);
}

/** Runs what a button asks for, and says why it was not done. */
export async function attempt(action, done) {
  try {
    const result = await action();
    if (done) say(typeof done === "function" ? done(result) : done);
    return result;
  } catch (error) {
    say(error.message, true);
    return undefined;
  }
}

/** A dialog with a form; resolves with the form when it is sent, with null when it is left. */
export function ask(title, content, { yes = "OK", danger = false } = {}) {
  return new Promise(resolve => {
    const form = h("form", { method: "dialog" }, h("h2", null, title), content,
      h("div", { class: "buttons" }, h("button", { value: "no", formnovalidate: true }, "Cancel"), h("button", { value: "yes", class: danger ? "danger" : "main" }, yes)));
    // Enter in a field sends the form by its first button: that is not to be "Cancel".
    form.addEventListener("keydown", e => { if (e.key === "Enter" && e.target.tagName === "INPUT") { e.preventDefault(); form.requestSubmit(form.querySelector("button[value=yes]")); } });
    const dialog = h("dialog", null, form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes" ? form : null); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A labelled field. */
export const field = (label, input) => h("label", { class: "field" }, h("span", null, label), input);
