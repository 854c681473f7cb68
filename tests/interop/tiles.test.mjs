// What other programs make of the tiles that cim-twin writes: Khronos' validator, Cesium's tools, and CesiumJS.
//
// CIM_TWIN: the program. CHROMIUM: the browser (found by itself on Debian). PICTURES: folder to keep pictures in.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
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
const made = ["synthetic", "implicit", "textured"].map((name) => join(folder, name));
const cities = [...made];
const servers = [];
const urls = {};

function run(...args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(done.status, 0, `${args.join(" ")}: ${done.stderr}`);
}

before(async () => {
  assert.ok(program, "CIM_TWIN must name the program");
  assert.ok(executablePath, "no Chromium was found: install chromium or set CHROMIUM");
  const small = ["--buildings", "600", "--cases", "100", "--bikes", "100", "--until", "2026-11-01T00:00:00+08:00"];
  run("synth", "-o", made[0], ...small);
  run("synth", "-o", made[1], ...small, "--tiling", "implicit");
  run("tile", hall(), "-o", made[2]);
  for (const [name, file] of Object.entries(sources)) {
    const source = resolve("../../../shared/data", file);
    if (existsSync(source)) {
      cities.push(join(folder, name));
      run("tile", source, "-o", cities.at(-1));
    } else {
      console.log(`without ${name}: ${source} is not there`);
    }
  }
  for (const city of made) {
    const server = spawn(program, ["serve", "--city", city, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    servers.push(server);
    urls[basename(city)] = await new Promise((done, fail) => {
      server.stdout.once("data", (data) => done(String(data).trim()));
      server.once("exit", (code) => fail(new Error(`serve ended with ${code}`)));
    });
  }
});

after(() => {
  servers.forEach((server) => server.kill());
  rmSync(folder, { recursive: true, force: true });
});

// A hall of 40 m by 40 m whose roof shows a red picture, as CityJSON; where it lies.
function hall() {
  const source = join(folder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "roof.png"), picture(16, [220, 20, 20]));
  const corners = [[0, 0], [40000, 0], [40000, 40000], [0, 40000]];
  const vertices = [0, 10000].flatMap((z) => corners.map(([x, y]) => [x, y, z]));
  const walls = [0, 1, 2, 3].map((i) => [[i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i]]);
  const boundaries = [[[3, 2, 1, 0]], ...walls, [[4, 5, 6, 7]]];
  const surfaces = ["GroundSurface", "WallSurface", "RoofSurface"].map((type) => ({ type }));
  const roof = boundaries.map((_, i) => (i === 5 ? [[0, 0, 1, 2, 3]] : [[null]]));
  const file = {
    type: "CityJSON",
    version: "2.0",
    transform: { scale: [0.001, 0.001, 0.001], translate: [462500, 3919200, 0] },
    metadata: { referenceSystem: "https://www.opengis.net/def/crs/EPSG/0/32650" },
    appearance: {
      textures: [{ type: "PNG", image: "roof.png" }],
      "vertices-texture": [[0, 0], [1, 0], [1, 1], [0, 1]],
    },
    CityObjects: {
      hall: {
        type: "Building",
        attributes: { roofer: "Zhang" },
        geometry: [{
          type: "MultiSurface",
          lod: "2",
          boundaries,
          semantics: { surfaces, values: [0, 1, 1, 1, 1, 2] },
          texture: { colours: { values: roof } },
        }],
      },
    },
    vertices,
  };
  const path = join(source, "hall.city.json");
  writeFileSync(path, JSON.stringify(file));
  return path;
}

// A PNG file of one colour.
function picture(edge, color) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(edge, 0);
  head.writeUInt32BE(edge, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.from([0, ...Array(edge).fill(color).flat()]);
  const rows = deflateSync(Buffer.concat(Array(edge).fill(row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

test("Khronos' validator finds no error and no warning in any glb", async () => {
  for (const city of cities) {
    const files = readdirSync(join(city, "tiles"), { recursive: true }).filter((f) => f.endsWith(".glb"));
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
  const page = await (await fetch(`${urls.synthetic}api/collections/case/items?limit=500`)).json();
  const found = page.features.find((f) => f.properties.subject?.startsWith("building:") && f.geometry);
  return { key: found.properties.subject, place: found.geometry.coordinates };
}

// What CesiumJS shows of the city behind a URL, straight from above a place.
async function look(url, [lon, lat], name) {
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
      const flat = Object.assign(document.createElement("canvas"), { width: 480, height: 320 }).getContext("2d");
      flat.drawImage(widget.canvas, 0, 0, 480, 320);
      return { loaded: tileset.tilesLoaded, failed, properties, pixel: [...flat.getImageData(240, 160, 1, 1).data] };
    }, [`${url}tiles/tileset.json`, lon, lat]);
    if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `cesium-${name}.png`) });
    assert.equal(seen.loaded, true);
    assert.deepEqual(seen.failed, []);
    assert.deepEqual(problems, []);
    return seen;
  } finally {
    await browser.close();
  }
}

for (const name of ["synthetic", "implicit"]) {
  test(`CesiumJS shows the ${name} city and picks a building with its properties`, { timeout: 600_000 }, async () => {
    const { key, place } = await building();
    const { properties } = await look(urls[name], place, name);
    assert.equal(properties.key, key);
    assert.ok(properties.height > 2 && properties.floors >= 1 && properties.name.length > 0);
  });
}

test("CesiumJS shows the picture on a roof, and picks the building under it", { timeout: 600_000 }, async () => {
  const { origin } = await (await fetch(`${urls.textured}api/site`)).json();
  const { properties, pixel } = await look(urls.textured, [origin.lon, origin.lat], "textured");
  assert.equal(properties.key, "building:hall");
  assert.equal(properties.roofer, "Zhang");
  const [red, green, blue] = pixel;
  assert.ok(red > 90 && red > 3 * green && red > 3 * blue, `${pixel}`);
});
