// The buildings of a CityGML file as py3dtiles wants them: one WKB multi polygon each, around the first corner of them
// all, y upwards.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** The polygons of one building's text: rings of corners, the outline first. */
function polygons(text) {
  return [...text.matchAll(/<gml:Polygon[\s>].*?<\/gml:Polygon>/gs)].map(([polygon]) =>
    [...polygon.matchAll(/<gml:LinearRing[\s>].*?<\/gml:LinearRing>/gs)].map(([ring]) => {
      const lists = [...ring.matchAll(/<gml:pos(?:List)?[^>]*>([^<]+)</g)].map(([, list]) => list.trim());
      const numbers = lists.join(" ").split(/\s+/).map(Number);
      return Array.from({ length: numbers.length / 3 }, (_, i) => numbers.slice(3 * i, 3 * i + 3));
    }),
  );
}

/** As well-known binary, little endian, type 1006 (MultiPolygon Z) of 1003 (Polygon Z). */
function binary(polygons, [x0, y0, z0]) {
  const rings = polygons.flat();
  const bytes = Buffer.alloc(9 + 9 * polygons.length + 4 * rings.length + 24 * rings.flat().length);
  let at = 0;
  const whole = (n) => (at = bytes.writeUInt32LE(n, at));
  const head = (type, count) => {
    at = bytes.writeUInt8(1, at);
    whole(type);
    whole(count);
  };
  head(1006, polygons.length);
  for (const polygon of polygons) {
    head(1003, polygon.length);
    for (const ring of polygon) {
      whole(ring.length);
      for (const [x, y, z] of ring) for (const n of [x - x0, z - z0, y0 - y]) at = bytes.writeDoubleLE(n, at);
    }
  }
  return bytes;
}

/** Writes every building of CityGML `text` that has surfaces into `folder`; gives how many, and the corner. */
export function write(text, folder) {
  const parts = text.split(/(?=<bldg:Building(?:Part)? )/).slice(1);
  const buildings = parts.map((part) => polygons(part.split("<dem:")[0])).filter((list) => list.length);
  const offset = buildings[0][0][0][0];
  buildings.forEach((list, i) => writeFileSync(join(folder, `${i}.wkb`), binary(list, offset)));
  return { count: buildings.length, offset };
}
