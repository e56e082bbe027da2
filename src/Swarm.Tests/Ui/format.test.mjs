import { test } from "node:test";
import assert from "node:assert/strict";
import * as format from "../../Swarm.Host/Ui/Pages/format.js";

const table = (name, of, rows) => test(name, () => { for (const [given, expected] of rows) assert.equal(of(given), expected, `of ${JSON.stringify(given)}`); });

table("lengths have three digits that count", format.bytes, [
  [undefined, ""], [null, ""], [0, "0 B"], [1, "1 B"], [1023, "1023 B"], [1024, "1.00 KiB"], [1536, "1.50 KiB"], [10 * 1024 - 1, "10.0 KiB"], [10 * 1024, "10.0 KiB"], [100 * 1024 - 1, "100 KiB"],
  [1024 ** 2, "1.00 MiB"], [1.5 * 1024 ** 3, "1.50 GiB"], [2 ** 63, "8.00 EiB"], [2 ** 80, "1048576 EiB"],
]);
table("a rate of nothing is empty", format.rate, [[0, ""], [undefined, ""], [2048, "2.00 KiB/s"]]);
table("what is not whole is never 100 %", format.percent, [[0, "0.0 %"], [0.5, "50.0 %"], [0.9994, "99.9 %"], [0.99999, "99.9 %"], [1, "100 %"]]);
table("times are told in two units", format.duration, [
  [undefined, ""], [0, "0 s"], [-5, "0 s"], [59.4, "59 s"], [60, "1 min"], [61, "1 min 1 s"], [3600, "1 h"], [3725, "1 h 2 min"], [86400, "1 d"], [90000, "1 d 1 h"], [1e9, "11574 d 1 h"],
]);
table("names become words", format.words, [["fetchingMetadata", "fetching metadata"], ["seeding", "seeding"], [undefined, ""]]);
table("limits are KiB/s", format.limitOf, [["", 0], [" ", 0], ["0", 0], ["100", 102400], ["0.5", 512], ["-1", null], ["x", null], ["1e99", null], ["Infinity", null]]);
table("and come back the same", text => format.limitText(format.limitOf(text)), [["100", "100"], ["", ""], ["1", "1"]]);
