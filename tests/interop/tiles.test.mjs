// What other programs make of the tiles that cim-twin writes: Khronos' validator, Cesium's tools, and CesiumJS.
//
// CIM_TWIN: the program. CHROMIUM: the browser (found by itself on Debian). PICTURES: folder to keep pictures in.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import validator from "gltf-validator";
import { chromium } from "playwright-core";

const program = process.env.CIM_TWIN;
const executablePath =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const folder = mkdtempSync(join(tmpdir(), "cim-twin-interop-"));
// Real data, where it is: OpenStreetMap, CityJSON, CityGML.
const sources = {
  helsinki: "osm/Helsinki.osm.pbf",
  delft: "cityjson/delft.city.json.gz",
  zurich: "cityjson/zurich_subset_lod2.city.json.gz",
  "the-hague": "cityjson/DenHaag_01.gml.gz",
};
const cities = [join(folder, "synthetic")];
let server, url;

function run(...args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(done.status, 0, `${args.join(" ")}: ${done.stderr}`);
}

before(async () => {
  assert.ok(program, "CIM_TWIN must name the program");
  assert.ok(executablePath, "no Chromium was found: install chromium or set CHROMIUM");
  run("synth", "-o", cities[0], "--buildings", "600", "--cases", "100", "--bikes", "100", "--until", "2026-11-01T00:00:00+08:00");
  for (const [name, file] of Object.entries(sources)) {
    const source = resolve("../../../shared/data", file);
    if (existsSync(source)) {
      cities.push(join(folder, name));
      run("tile", source, "-o", cities.at(-1));
    } else {
      console.log(`without ${name}: ${source} is not there`);
    }
  }
  server = spawn(program, ["serve", "--city", cities[0], "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  url = await new Promise((done, fail) => {
    server.stdout.once("data", (data) => done(String(data).trim()));
    server.once("exit", (code) => fail(new Error(`serve ended with ${code}`)));
  });
});

after(() => {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

test("Khronos' validator finds no error and no warning in any glb", async () => {
  for (const city of cities) {
    const files = readdirSync(join(city, "tiles")).filter((f) => f.endsWith(".glb"));
    assert.ok(files.length > 1);
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(join(city, "tiles", file)));
      const { issues } = await validator.validateBytes(bytes, { uri: file });
      const grave = issues.messages.filter((m) => m.severity < 2);
      assert.deepEqual(grave, [], `${city}/tiles/${file}`);
    }
  }
});

test("Cesium's tools read the tileset and convert it", () => {
  for (const city of cities) {
    const out = join(folder, "tiles.3tz");
    const command = resolve("node_modules/3d-tiles-tools/build/src/cli.mjs");
    const args = [command, "convert", "-f", "-i", join(city, "tiles", "tileset.json"), "-o", out];
    const done = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.ok(readFileSync(out).subarray(0, 2).equals(Buffer.from("PK")));
  }
});

// A building that stands on its own place on the ground, with its properties as the backend has them.
async function building() {
  const page = await (await fetch(`${url}api/collections/case/items?limit=500`)).json();
  const found = page.features.find((f) => f.properties.subject?.startsWith("building:") && f.geometry);
  return { key: found.properties.subject, place: found.geometry.coordinates };
}

test("CesiumJS shows the city and picks a building with its properties", { timeout: 600_000 }, async () => {
  const { key, place } = await building();
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 480, height: 320 } });
    const problems = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    const root = resolve("node_modules/cesium/Build/Cesium");
    await page.route("**/cesium/**", (route) => route.fulfill({ path: join(root, new URL(route.request().url()).pathname.slice(8)) }));
    await page.route("**/cesium.html", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<!doctype html><link rel="icon" href="data:,"><script>window.CESIUM_BASE_URL = "/cesium/";</script>
          <script src="/cesium/Cesium.js"></script>
          <link rel="stylesheet" href="/cesium/Widgets/CesiumWidget/CesiumWidget.css"><div id="c" style="position:fixed;inset:0"></div>`,
      }));
    await page.goto(`${url}cesium.html`);
    const seen = await page.evaluate(async ([tiles, lon, lat]) => {
      const widget = new Cesium.CesiumWidget("c", { baseLayer: false, skyBox: false, contextOptions: { webgl: { preserveDrawingBuffer: true } } });
      const { scene, camera } = widget;
      scene.globe.show = false;
      const tileset = await Cesium.Cesium3DTileset.fromUrl(tiles);
      const failed = [];
      tileset.tileFailed.addEventListener((e) => failed.push(`${e.url}: ${e.message}`));
      scene.primitives.add(tileset);
      camera.setView({
        destination: Cesium.Cartesian3.fromDegrees(lon, lat, 260),
        orientation: { heading: 0, pitch: -Math.PI / 2, roll: 0 },
      });
      for (let i = 0; i < 2000 && !tileset.tilesLoaded || i < 5; i += 1) await new Promise((done) => setTimeout(done, 50));
      const feature = scene.pick(new Cesium.Cartesian2(240, 160));
      const properties = Object.fromEntries(feature?.getPropertyIds?.().map((id) => [id, feature.getProperty(id)]) ?? []);
      return { loaded: tileset.tilesLoaded, failed, properties };
    }, [`${url}tiles/tileset.json`, place[0], place[1]]);
    if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, "cesium.png") });
    assert.equal(seen.loaded, true);
    assert.deepEqual(seen.failed, []);
    assert.equal(seen.properties.key, key);
    assert.ok(seen.properties.height > 2 && seen.properties.floors >= 1 && seen.properties.name.length > 0);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
