// Times `cim-twin tile` beside the npm package citygml-to-3dtiles on one CityGML file, as whole processes, and beside
// PyPI's py3dtiles, which reads no CityGML: its buildings are taken out of the file for it before the clock starts.
//
// node compare.mjs CIM_TWIN FILE.gml.gz [RUNS [PY3DTILES]]: the program, a file in the Dutch grid, runs of each (5), and
// the py3dtiles of a virtual environment.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { write } from "./wkb.mjs";

const [program, packed, runs = "5", py3dtiles] = process.argv.slice(2);
if (!program || !packed) throw new Error("usage: node compare.mjs CIM_TWIN FILE.gml.gz [RUNS [PY3DTILES]]");
const folder = mkdtempSync(join(tmpdir(), "cim-twin-import-"));
const input = join(folder, "city.gml");
writeFileSync(input, gunzipSync(readFileSync(packed)));

const bytes = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

const programs = {
  "cim-twin tile": (out) => [program, ["tile", input, "-o", out]],
  "citygml-to-3dtiles": (out) => [process.execPath, [join(import.meta.dirname, "convert.mjs"), input, out]],
};
if (py3dtiles) {
  const wkbs = join(folder, "wkb");
  mkdirSync(wkbs);
  const start = performance.now();
  const { count, offset } = write(readFileSync(input).toString(), wkbs);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${count} buildings and parts for py3dtiles, cut out of the file in ${seconds.toFixed(2)} s`);
  programs["py3dtiles export"] = (out) => [py3dtiles, ["export", "-d", wkbs, "-o", ...offset.map(String), "-s", out, "--spec-version", "1.1"]];
}
const rows = {};
for (const name of Object.keys(programs)) rows[name] = { seconds: [], peak: [], bytes: 0 };
for (let run = 0; run < Number(runs); run++) {
  for (const [name, command] of Object.entries(programs)) {
    const out = join(folder, `out-${run}-${name.replace(" ", "-")}`);
    const [file, args] = command(out);
    const start = performance.now();
    const done = spawnSync("/usr/bin/env", ["time", "-f", "%M", file, ...args], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
    rows[name].seconds.push((performance.now() - start) / 1000);
    rows[name].peak.push(Number(done.stderr.trim().split("\n").at(-1)) / 1024);
    rows[name].bytes = bytes(out);
  }
}
console.log("| program | seconds (median) | peak memory, MiB | output, MiB |\n|---|---|---|---|");
for (const [name, { seconds, peak, bytes: size }] of Object.entries(rows)) {
  console.log(`| ${name} | ${median(seconds).toFixed(3)} | ${median(peak).toFixed(0)} | ${(size / 2 ** 20).toFixed(2)} |`);
}
rmSync(folder, { recursive: true });
