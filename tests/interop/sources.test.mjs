// Real city models through `cim-twin tile`, compared object by object with the files that they came from: attributes,
// areas and places by a reading and a projection of their own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import proj4 from "proj4";
import { SaxesParser } from "saxes";
import { features, leaves, newell, place } from "./glb.mjs";

const folder = mkdtempSync(join(tmpdir(), "cim-twin-sources-"));
const DUTCH =
  "+proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 +ellps=bessel " +
  "+towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725 +units=m";
const SWISS =
  "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel " +
  "+towgs84=674.374,15.056,405.346,0,0,0,0 +units=m";

after(() => rmSync(folder, { recursive: true, force: true }));

/** A plane surface's square metres: its outline less its holes. */
function surface(rings) {
  const [outline, ...holes] = rings.map((ring) => Math.hypot(...newell(ring)) / 2);
  return outline - holes.reduce((sum, area) => sum + area, 0);
}

/** Objects with surfaces: area of the finest level of detail, lowest and highest corner, attributes. */
function cityJson(text) {
  const file = JSON.parse(text);
  const { scale, translate } = file.transform ?? { scale: [1, 1, 1], translate: [0, 0, 0] };
  const at = (i) => file.vertices[i].map((x, k) => x * scale[k] + translate[k]);
  const surfaces = { MultiSurface: (b) => b, CompositeSurface: (b) => b, Solid: (b) => b.flat(1), MultiSolid: (b) => b.flat(2) };
  const objects = new Map();
  for (const [id, { geometry = [], attributes = {} }] of Object.entries(file.CityObjects)) {
    const lods = geometry.map((g) => Number(g.lod));
    const finest = geometry.filter((g) => Number(g.lod) === Math.max(...lods));
    const all = finest.flatMap((g) => surfaces[g.type](g.boundaries)).map((s) => s.map((ring) => ring.map(at)));
    if (all.length) objects.set(id, { area: all.reduce((sum, s) => sum + surface(s), 0), corners: all.flat(2), attributes });
  }
  return { objects, count: Object.keys(file.CityObjects).length };
}

/** The same of CityGML 1.0 in which every surface is written once and has a name, as The Hague's. */
function cityGml(text) {
  const objects = new Map();
  const stack = [];
  const parser = new SaxesParser();
  let [count, ring, generic, written] = [0, null, null, ""];
  const owner = () => stack.findLast((e) => e.object)?.object;
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name };
    if (["bldg:Building", "bldg:BuildingPart", "dem:ReliefFeature", "dem:TINRelief"].includes(name)) {
      count += 1;
      element.object = { area: 0, corners: [], attributes: {} };
      objects.set(attributes["gml:id"], element.object);
    }
    if (name === "gml:LinearRing") ring = [];
    if (name === "gml:Polygon" || name === "gml:Triangle") element.rings = [];
    if (name === "gen:doubleAttribute") generic = attributes.name;
    stack.push(element);
    written = "";
  });
  parser.on("text", (chunk) => (written += chunk));
  parser.on("closetag", ({ name }) => {
    const element = stack.pop();
    if (ring && (name === "gml:pos" || name === "gml:posList")) {
      const read = written.trim().split(/\s+/).map(Number);
      for (let i = 0; i < read.length; i += 3) ring.push(read.slice(i, i + 3));
    }
    if (name === "gml:LinearRing") {
      stack.findLast((e) => e.rings).rings.push(ring);
      ring = null;
    }
    if (element.rings) {
      owner().area += surface(element.rings);
      owner().corners.push(...element.rings.flat());
    }
    const inSurface = stack.some((e) => e.name === "bldg:boundedBy");
    if (name === "gen:value" && !inSurface) owner().attributes[generic] = Number(written);
    if (name === "bldg:roofType") owner().attributes.roofType = written;
    written = "";
  });
  parser.write(text).close();
  for (const [id, object] of objects) if (!object.corners.length) objects.delete(id);
  return { objects, count };
}

/** The middle of some places' extent. */
function middle(places) {
  const range = (k) => places.reduce(([low, high], p) => [Math.min(low, p[k]), Math.max(high, p[k])], [Infinity, -Infinity]);
  return [0, 1].map((k) => { const [low, high] = range(k); return (low + high) / 2; });
}

/** Values as a table may hold them: whole numbers may be numbers, and mixed columns are text. */
function same(value, found) {
  if (typeof value === "object") return found === JSON.stringify(value);
  return found === value || found === String(value);
}

for (const { name, file, read, system } of [
  { name: "delft", file: "delft.city.json.gz", read: cityJson, system: DUTCH },
  { name: "zurich", file: "zurich_subset_lod2.city.json.gz", read: cityJson, system: SWISS },
  { name: "the-hague", file: "DenHaag_01.gml.gz", read: cityGml, system: DUTCH },
]) {
  const source = resolve("../../../shared/data/cityjson", file);
  const skip = existsSync(source) ? false : `${source} is not there`;
  test(`${name} arrives object by object`, { skip }, () => {
    const city = join(folder, name);
    const run = (...args) => {
      const done = spawnSync(process.env.CIM_TWIN, args, { encoding: "utf8" });
      assert.equal(done.status, 0, `${args.join(" ")}: ${done.stdout}${done.stderr}`);
      return done.stdout;
    };
    run("tile", source, "-o", city);
    run("inspect", join(city, "tiles", "tileset.json"));
    const expected = read(gunzipSync(readFileSync(source)).toString("utf8"));
    const report = JSON.parse(readFileSync(join(city, "report.json"), "utf8"));
    assert.equal(report.objects, expected.count);
    assert.equal(report.models + report.stand_for_parts + report.left_out.length, expected.count);
    assert.equal(report.models, expected.objects.size);
    const mended = (what) => new Set(report.mended.filter((m) => what.test(m.reason)).map((m) => m.key));
    const [changed, bent] = [mended(/no area|twice|apart|few/), mended(/not plane/)];
    assert.ok(changed.size < 0.01 * expected.count + 2, `${changed.size} objects have other areas`);

    const { files, transform } = leaves(join(city, "tiles"));
    const found = new Map(files.flatMap((f) => features(join(city, "tiles", f))).map((f) => [f.row.key, f]));
    assert.equal(found.size, expected.objects.size);
    const byId = new Map([...found].map(([key, feature]) => [key.slice(key.indexOf(":") + 1), feature]));
    const toWgs84 = proj4(system, "EPSG:4326");
    let attributes = 0;
    for (const [id, object] of expected.objects) {
      const { row, area, edges, corners } = byId.get(id) ?? assert.fail(`${id} is not in the tiles`);
      if (!changed.has(row.key)) {
        // Newell's area of a surface that is not plane is that of its shadow.
        const share = bent.has(row.key) ? 0.02 : 0.002;
        // Corners lie on a grid of 1/128 m: an edge is some 2 mm off, one way or the other.
        const tolerance = share * object.area + 0.002 * edges;
        assert.ok(Math.abs(area - object.area) < tolerance, `${id}: ${area} m² for ${object.area} m²`);
      }
      const [lon, lat] = middle(object.corners.map(([east, north]) => toWgs84.forward([east, north])));
      const [foundLon, foundLat] = middle(corners.map((corner) => place(transform, corner)));
      const metres = Math.hypot((foundLon - lon) * Math.cos((lat * Math.PI) / 180), foundLat - lat) * 111_320;
      assert.ok(metres < 0.5, `${id} is ${metres} m off`);
      for (const [name, value] of Object.entries(object.attributes)) {
        if (value === null || (typeof value === "object" && !Array.isArray(value))) continue;
        const told = row[`source.${name}`] ?? row[name];
        assert.ok(same(value, told), `${id}: ${name} is ${told}, not ${value}`);
        attributes += 1;
      }
    }
    console.log(`${name}: ${expected.objects.size} objects, ${attributes} attributes`);
  });
}
