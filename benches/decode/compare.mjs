// Decoding, side by side: tiles3d against loaders.gl and 3DTilesRendererJS (three.js), on the same files, one after the
// other on one core, with what copying the bytes costs beside it. Prints a table of MB/s (of the file's bytes), and what the
// application does with a tile after that.
//
//     node compare.mjs CITY PLAIN SAMPLES     a city made by `cim-twin synth`, one made with `--compression none`, and the
//                                             3D Tiles samples
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { NodeIO } from "@gltf-transform/core";
import { EXTMeshoptCompression, KHRDracoMeshCompression, KHRMeshQuantization } from "@gltf-transform/extensions";
import { draco, meshopt, weld } from "@gltf-transform/functions";
import { Tiles3DLoader } from "@loaders.gl/3d-tiles";
import { parse } from "@loaders.gl/core";
import { DracoLoader } from "@loaders.gl/draco";
import { GLTFLoader as LoadersGltf } from "@loaders.gl/gltf";
import { B3DMLoaderBase, PNTSLoaderBase } from "3d-tiles-renderer/core";
import draco3d from "draco3dgltf";
import { MeshoptDecoder, MeshoptEncoder } from "meshoptimizer";
import { GLTFLoader as ThreeGltf } from "three/addons/loaders/GLTFLoader.js";

const [city, plain, samples] = process.argv.slice(2);
if (!city || !plain || !samples) {
  console.error("usage: node compare.mjs CITY PLAIN SAMPLES");
  process.exit(2);
}

// --- the files
const corpus = mkdtempSync(join(tmpdir(), "tiles3d-corpus-"));
for (const [from, suffix] of [
  [city, ""],
  [plain, ".plain"],
]) {
  const tiles = join(from, "tiles");
  const size = (name) => readFileSync(join(tiles, name)).length;
  const largest = (pattern) => readdirSync(tiles).filter((n) => pattern.test(n)).sort((a, b) => size(b) - size(a))[0];
  copyFileSync(join(tiles, largest(/^b\d+\.glb$/)), join(corpus, `buildings${suffix}.glb`));
  copyFileSync(join(tiles, largest(/^g\d*\.glb$/)), join(corpus, `ground${suffix}.glb`));
}
copyFileSync(join(samples, "1.0/TilesetWithDiscreteLOD/dragon_medium.b3dm"), join(corpus, "dragon.b3dm"));
copyFileSync(join(samples, "1.0/TilesetWithRequestVolume/points.pnts"), join(corpus, "points.pnts"));
copyFileSync(join(samples, "1.1/MultipleContents/planePoints.glb"), join(corpus, "points.glb"));

// The plain ground once more as other tools compress it. (gltf-transform drops the extensions that it does not know.)
await MeshoptEncoder.ready;
const io = new NodeIO()
  .registerExtensions([EXTMeshoptCompression, KHRDracoMeshCompression, KHRMeshQuantization])
  .registerDependencies({
    "meshopt.encoder": MeshoptEncoder,
    "meshopt.decoder": MeshoptDecoder,
    "draco3d.encoder": await draco3d.createEncoderModule(),
    "draco3d.decoder": await draco3d.createDecoderModule(),
  });
for (const [name, ...steps] of [
  ["ground.meshopt.glb", weld(), meshopt({ encoder: MeshoptEncoder, level: "medium" })],
  ["ground.draco.glb", weld(), draco()],
]) {
  const document = await io.read(join(corpus, "ground.plain.glb"));
  await document.transform(...steps);
  writeFileSync(join(corpus, name), await io.writeBinary(document));
}

// --- the others
const bytes = (name) => {
  const b = readFileSync(join(corpus, name));
  return b.buffer.slice(b.byteOffset, b.byteOffset + b.length);
};
const here = { worker: false, gltf: { loadImages: false }, "3d-tiles": { loadGLTF: true }, modules: { draco3d } };
const three = new ThreeGltf();
three.setMeshoptDecoder(MeshoptDecoder);
const glb = (buffer) => new Promise((done, broken) => three.parse(buffer, "", done, broken));
const readers = {
  "loaders.gl": (name, buffer) =>
    parse(buffer, [name.endsWith(".glb") ? LoadersGltf : Tiles3DLoader, DracoLoader], here),
  "3d-tiles-renderer": async (name, buffer) => {
    if (name.endsWith(".b3dm")) return glb(new B3DMLoaderBase().parse(buffer).glbBytes.slice().buffer);
    if (name.endsWith(".pnts")) return new PNTSLoaderBase().parse(buffer);
    return glb(buffer);
  },
};

/** Median seconds of one decoding: three seconds of runs, of which the first third warms the engine. */
async function time(read, name) {
  const runs = [];
  for (let started = performance.now(); performance.now() - started < 3000 || runs.length < 5; ) {
    const buffer = bytes(name);
    const before = performance.now();
    await read(name, buffer);
    runs.push((performance.now() - before) / 1000);
  }
  const warm = runs.slice(Math.floor(runs.length / 3)).sort((a, b) => a - b);
  return warm[Math.floor(warm.length / 2)];
}

// --- side by side
const target = resolve(process.env.CARGO_TARGET_DIR ?? "../../target");
const criterion = ["--measurement-time", "3", "--quiet"];
for (const [crate, bench] of [
  ["tiles3d", "decode"],
  ["cim-scene", "prepare"],
]) {
  execFileSync("cargo", ["bench", "--locked", "-p", crate, "--bench", bench, "--", ...criterion], {
    cwd: "../..",
    env: { ...process.env, TILES3D_CORPUS: corpus, CARGO_TARGET_DIR: target },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
const ours = (group, name) =>
  JSON.parse(readFileSync(join(target, "criterion", group, name, "new/estimates.json"))).median.point_estimate / 1e9;

console.log("| file | KiB | copy | tiles3d | loaders.gl | 3d-tiles-renderer |\n|---|---:|---:|---:|---:|---:|");
for (const name of readdirSync(corpus).sort()) {
  const size = bytes(name).byteLength;
  const rate = (seconds) => (size / seconds / 1e6).toPrecision(3);
  const cells = [rate(ours("copy", name)), rate(ours("decode", name))];
  for (const read of Object.values(readers)) {
    try {
      const seconds = await time(read, name);
      cells.push(`${rate(seconds)} (${(seconds / ours("decode", name)).toPrecision(2)}x)`);
    } catch (e) {
      cells.push(`cannot: ${String(e.message ?? e).split("\n")[0].slice(0, 60)}`);
    }
  }
  console.log(`| ${name} | ${Math.round(size / 1024)} | ${cells.join(" | ")} |`);
}

// --- what becomes of a tile before it is drawn
console.log("\n| file | decode, µs | prepare, µs | a ray, ns |\n|---|---:|---:|---:|");
for (const name of readdirSync(corpus).sort()) {
  const micros = (group) => (ours(group, name) * 1e6).toPrecision(3);
  const ray = (ours("thousand rays", name) * 1e6).toPrecision(3);
  console.log(`| ${name} | ${micros("decode")} | ${micros("prepare")} | ${ray} |`);
}
