// Reading tiles without cim-twin: tilesets, glb meshes and property tables, as their specifications have them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MeshoptDecoder } from "meshoptimizer";

await MeshoptDecoder.ready;

const SCALARS = {
  INT8: [1, "getInt8"], UINT8: [1, "getUint8"], INT16: [2, "getInt16"], UINT16: [2, "getUint16"], INT32: [4, "getInt32"],
  UINT32: [4, "getUint32"], INT64: [8, "getBigInt64"], UINT64: [8, "getBigUint64"], FLOAT32: [4, "getFloat32"],
  FLOAT64: [8, "getFloat64"],
};
const COMPONENTS = { 5120: "INT8", 5121: "UINT8", 5122: "INT16", 5123: "UINT16", 5125: "UINT32", 5126: "FLOAT32" };
const WIDTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

// A glb's JSON, and the bytes of a buffer view, by meshoptimizer's own decoder where they are compressed.
function open(path) {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getUint32(12, true);
  const json = JSON.parse(file.subarray(20, 20 + length).toString("utf8"));
  const start = 20 + length + 8;
  const slice = ({ byteOffset = 0, byteLength }) => file.subarray(start + byteOffset, start + byteOffset + byteLength);
  const bytes = (index) => {
    const meshopt = json.bufferViews[index].extensions?.EXT_meshopt_compression;
    if (!meshopt) return slice(json.bufferViews[index]);
    const { count, byteStride, mode, filter = "NONE" } = meshopt;
    const decoded = Buffer.alloc(count * byteStride);
    MeshoptDecoder.decodeGltfBuffer(decoded, count, byteStride, slice(meshopt), mode, filter);
    return decoded;
  };
  return { json, bytes };
}

function numbers(bytes, type, count) {
  const [size, get] = SCALARS[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => view[get](i * size, true));
}

function accessor({ json, bytes }, index) {
  const { bufferView, byteOffset = 0, componentType, count, type } = json.accessors[index];
  const { byteStride } = json.bufferViews[bufferView];
  const component = COMPONENTS[componentType];
  const width = WIDTHS[type];
  const [size] = SCALARS[component];
  const data = bytes(bufferView).subarray(byteOffset);
  if (!byteStride || byteStride === size * width) return numbers(data, component, count * width);
  return Array.from({ length: count }, (_, i) => numbers(data.subarray(i * byteStride), component, width)).flat();
}

// The rows of the property table (EXT_structural_metadata), without what is no data.
function table(glb) {
  const metadata = glb.json.extensions?.EXT_structural_metadata;
  const [first] = metadata?.propertyTables ?? [];
  if (!first) return [];
  const rows = Array.from({ length: first.count }, () => ({}));
  const kinds = metadata.schema.classes[first.class].properties;
  for (const [id, { values, stringOffsets, stringOffsetType = "UINT32" }] of Object.entries(first.properties)) {
    const kind = kinds[id];
    const data = glb.bytes(values);
    let column;
    if (kind.type === "STRING") {
      const at = numbers(glb.bytes(stringOffsets), stringOffsetType, first.count + 1).map(Number);
      column = rows.map((_, i) => data.subarray(at[i], at[i + 1]).toString("utf8"));
    } else if (kind.type === "BOOLEAN") {
      column = rows.map((_, i) => Boolean((data[i >> 3] >> (i & 7)) & 1));
    } else {
      column = numbers(data, kind.componentType, first.count).map(Number);
    }
    column.forEach((value, i) => {
      if (!("noData" in kind) || value !== kind.noData) rows[i][kind.name ?? id] = value;
    });
  }
  return rows;
}

const minus = (a, b) => a.map((x, k) => x - b[k]);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Twice the area vector of a ring, by Newell. */
export function newell(ring) {
  const sum = [0, 0, 0];
  for (let i = 1; i + 1 < ring.length; i++) {
    cross(minus(ring[i], ring[0]), minus(ring[i + 1], ring[0])).forEach((x, k) => (sum[k] += x));
  }
  return sum;
}

/** Contents of the tiles that have no children. */
export function leaves(folder) {
  const tileset = JSON.parse(readFileSync(join(folder, "tileset.json"), "utf8"));
  const found = [];
  const walk = (tile) => {
    if (!tile.children?.length && tile.content) found.push(tile.content.uri);
    tile.children?.forEach(walk);
  };
  walk(tileset.root);
  return { files: found, transform: tileset.root.transform };
}

/** The features of a glb: its row, square metres and metres of edges of its triangles, and their corners in the tileset's metres. */
export function features(path) {
  const glb = open(path);
  const found = table(glb).map((row) => ({ row, area: 0, edges: 0, corners: [] }));
  const placed = (glb.json.nodes ?? []).filter((node) => node.mesh !== undefined);
  const parts = placed.flatMap((node) => glb.json.meshes[node.mesh].primitives.map((primitive) => ({ node, ...primitive })));
  for (const { node, attributes, indices } of parts) {
    if (attributes._FEATURE_ID_0 === undefined) continue;
    const [at, ids] = [accessor(glb, attributes.POSITION), accessor(glb, attributes._FEATURE_ID_0)];
    const { translation = [0, 0, 0], scale = [1, 1, 1] } = node;
    const corner = (i) => {
      const [x, y, z] = [0, 1, 2].map((k) => at[3 * i + k] * scale[k] + translation[k]);
      return [x, -z, y];
    };
    const order = accessor(glb, indices);
    for (let i = 0; i < order.length; i += 3) {
      const triangle = [0, 1, 2].map((k) => corner(order[i + k]));
      const feature = found[ids[order[i]]];
      feature.area += Math.hypot(...newell(triangle)) / 2;
      feature.edges += [0, 1, 2].reduce((sum, k) => sum + Math.hypot(...minus(triangle[(k + 1) % 3], triangle[k])), 0);
      feature.corners.push(...triangle);
    }
  }
  return found;
}

/** Longitude and latitude of a point of the tileset, degrees (Bowring's formula on WGS 84). */
export function place(m, [x, y, z]) {
  const [ex, ey, ez] = [0, 1, 2].map((r) => m[r] * x + m[4 + r] * y + m[8 + r] * z + m[12 + r]);
  const [a, f] = [6378137, 1 / 298.257223563];
  const [b, e2] = [a * (1 - f), f * (2 - f)];
  const p = Math.hypot(ex, ey);
  const t = Math.atan2(ez * a, p * b);
  const lat = Math.atan2(ez + ((e2 * a * a) / b) * Math.sin(t) ** 3, p - e2 * a * Math.cos(t) ** 3);
  return [Math.atan2(ey, ex), lat].map((angle) => (angle * 180) / Math.PI);
}
