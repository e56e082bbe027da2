// What stands in the search box: words for the name, and "label:", "category:" and "tracker:" with a value, in quotes where it has spaces. Pure.

const KEYS = ["label", "category", "tracker"];
const PART = /(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi;

/** The API's query for a text: { text, label, category, tracker }, without those that are not said. */
export function parseSearch(input) {
  const found = {}, rest = [];
  for (const [whole, key, quoted, plain] of input.matchAll(PART)) {
    const value = quoted ?? plain, name = key?.toLowerCase();
    if (name && KEYS.includes(name)) found[name] = value;
    else rest.push(quoted !== undefined && !key ? quoted : whole);
  }
  if (rest.length) found.text = rest.join(" ");
  return found;
}

/** A part of a search for one value, as parseSearch reads it. */
export const searchFor = (key, value) => `${key}:${/\s/.test(value) ? `"${value}"` : value}`;
