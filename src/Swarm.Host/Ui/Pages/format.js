// Figures as people read them. Pure. Lengths are bytes, rates payload bytes a second; nothing at all is shown as an empty text, so that columns stay calm.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A length: 1536 is "1.50 KiB". Three digits that count, whatever the size. */
export function bytes(count) {
  if (count === undefined || count === null) return "";
  let unit = 0;
  while (count >= 1024 && unit < UNITS.length - 1) { count /= 1024; unit++; }
  if (unit === 0) return `${count} B`;
  return `${count.toFixed(count < 9.995 ? 2 : count < 99.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A rate; empty where nothing moves. */
export const rate = count => count ? `${bytes(count)}/s` : "";

/** A share from 0 to 1. What is not whole is never shown as 100 %. */
export function percent(share) {
  const value = share * 100;
  return `${value >= 100 ? "100" : value > 99.9 ? "99.9" : value.toFixed(1)} %`;
}

/** Seconds in the two largest units that matter: 3725 is "1 h 2 min". */
export function duration(seconds) {
  if (seconds === undefined || seconds === null) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, "min", 1, "s");
  if (whole < 86400) return pair(whole, 3600, "h", 60, "min");
  return pair(whole, 86400, "d", 3600, "h");
}

function pair(seconds, large, largeName, small, smallName) {
  const rest = Math.floor(seconds % large / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** A moment in the reader's own time; empty for none. */
export const moment = text => text ? new Date(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }) : "";

/** "fetchingMetadata" is "fetching metadata". */
export const words = name => (name ?? "").replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);

/** Sent over wanted. */
export const ratio = value => value === undefined ? "" : value.toFixed(value < 10 ? 2 : 1);

/** A limit as a form shows it, in KiB/s, and back; an empty text is no limit. */
export const limitText = limit => limit ? String(Math.round(limit / 1024)) : "";

/** The limit of a form's text, or null where it is none. */
export function limitOf(text) {
  const trimmed = text.trim();
  if (trimmed === "") return 0;
  const value = Number(trimmed);
  return Number.isFinite(value) && value >= 0 && value <= 2 ** 40 ? Math.round(value * 1024) : null;
}
