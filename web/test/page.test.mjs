// The built page in a real browser against a real backend: it loads, draws, and a click opens the case history.
//
// CIM_TWIN: the program. CHROMIUM: the browser (found by itself on Debian). PICTURES: folder to keep pictures in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const program = process.env.CIM_TWIN;
const executablePath =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const folder = mkdtempSync(join(tmpdir(), "cim-twin-page-"));
let server, url, browser;

function run(...args) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", (code) => (code === 0 ? done() : fail(new Error(`${args[0]} ended with ${code}`))));
    child.on("error", fail);
  });
}

before(async () => {
  assert.ok(program, "CIM_TWIN must name the program");
  assert.ok(executablePath, "no Chromium was found: install chromium or set CHROMIUM");
  const city = join(folder, "city");
  await run("synth", "-o", city, "--buildings", "600", "--cases", "600", "--bikes", "500", "--until", "2026-11-01T00:00:00+08:00");
  server = spawn(program, ["serve", "--city", city, "--port", "0", "--web", resolve("dist")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  url = await new Promise((done, fail) => {
    server.stdout.once("data", (data) => done(String(data).trim()));
    server.once("exit", (code) => fail(new Error(`serve ended with ${code}`)));
  });
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
  });
});

after(async () => {
  await browser?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const state = (page) => page.evaluate(() => document.querySelector("cim-twin").state);

async function until(page, what, holds, seconds = 240) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    last = await state(page).catch(() => undefined);
    if (last && holds(last)) return last;
    await page.waitForTimeout(500);
  }
  assert.fail(`${what} did not happen within ${seconds} s: ${JSON.stringify(last)}`);
}

// A case about a building whose place lies on the building, and how many cases that building has.
async function building() {
  const items = await (await fetch(`${url}api/collections/case/items?limit=2000`)).json();
  const found = items.features.find((f) => f.properties.subject?.startsWith("building:") && f.geometry);
  const key = found.properties.subject;
  const history = await (await fetch(`${url}api/entities/${encodeURIComponent(key)}/cases?limit=500`)).json();
  return { key, place: found.geometry.coordinates, history };
}

test("the page draws the city, and a click opens the case history", { timeout: 900_000 }, async () => {
  const { key, place, history } = await building();
  const page = await browser.newPage({ viewport: { width: 640, height: 400 } });
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(`${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    window.tasks = 0;
    Worker.prototype.postMessage = function (...args) {
      window.tasks += 1;
      return post.apply(this, args);
    };
  });
  await page.goto(`${url}?view=${place.join(",")},260,0,0`);
  const drawn = await until(page, "the city", (s) => s.settled && s.connected && s.tiles.rendered > 0);
  assert.equal(drawn.problem, null);
  const tasks = await page.evaluate(() => window.tasks);
  assert.ok(tasks >= drawn.tiles.rendered, `${tasks} tiles were decoded by workers, ${drawn.tiles.rendered} are drawn`);
  assert.ok(drawn.layers.unit_grid.count > 0 && drawn.layers.camera.count > 0);

  const picture = await page.screenshot({ path: process.env.PICTURES && join(process.env.PICTURES, "page.png") });
  const colors = await page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(280, 120, 80, 160);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] >> 4) * 256 + (data[i + 1] >> 4) * 16 + (data[i + 2] >> 4));
    return seen.size;
  }, [...picture]);
  assert.ok(colors > 12, `only ${colors} colours in the middle of the picture: nothing was drawn there`);

  // Small things before large ones: a vehicle that drives by would be what was clicked.
  for (const name of ["muck_truck", "sanitation_vehicle", "camera", "iot_device", "ai_alarm", "shared_bike"]) {
    await page.evaluate((n) => document.querySelector("cim-twin").setLayer(n, false), name);
  }
  await until(page, "the layers", (s) => !s.layers.muck_truck.on && !s.layers.shared_bike.on, 30);
  await page.mouse.click(320, 200);
  const selected = await until(page, "the history", (s) => s.history?.total !== undefined, 60);
  assert.equal(selected.selection, key);
  assert.equal(selected.history.total, history.total);
  assert.deepEqual(selected.history.ids, history.cases.map((c) => c.id));

  await page.evaluate((id) => document.querySelector("cim-twin").openCase(id), history.cases[0].id);
  const opened = await until(page, "the case", (s) => s.case?.id !== undefined, 60);
  const full = await (await fetch(`${url}api/cases/${history.cases[0].id}`)).json();
  assert.equal(opened.case.steps, full.steps.length);
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, "page-case.png") });

  // A style that hides every building: what was clicked cannot be clicked any more. One that is none is refused.
  // The card, which lies over the middle of so small a page, is closed first, and the flight to the case undone.
  const styled = (style) => page.evaluate((s) => document.querySelector("cim-twin").setStyle(s), style);
  const clicked = async (what) => {
    await page.evaluate(() => document.querySelector("cim-twin").select());
    const { frame } = await until(page, "an empty selection", (s) => s.selection === null, 30);
    // The card takes clicks until the panels have been drawn without it.
    await until(page, "some frames", (s) => s.frame > frame + 3, 30);
    await page.mouse.click(320, 200);
    return (await until(page, what, (s) => s.selection !== null, 60)).selection;
  };
  await page.evaluate((view) => document.querySelector("cim-twin").flyTo(view), `${place.join(",")},260,0,0`);
  await until(page, "the flight back", (s) => s.view[2] === 260 && s.settled, 60);
  await assert.rejects(styled({ color: "colour('red')" }), /colour/);
  await styled({ show: "!(${height} > 0)" });
  await until(page, "the style", (s) => s.style === "own", 30);
  const behind = await clicked("a selection behind what is hidden");
  assert.ok(!behind.startsWith("building:"), behind);
  await styled("use");
  await until(page, "the style by use", (s) => s.style === "use", 30);
  assert.equal(await clicked("the building again"), key);
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, "page-style.png") });

  assert.deepEqual(problems, []);
  await page.close();
});

test("without workers the page draws the city all the same", { timeout: 900_000 }, async () => {
  const page = await browser.newPage({ viewport: { width: 320, height: 200 } });
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  // Workers that cannot be started: their module does not exist for this page.
  await page.route("**/worker.js", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(url);
  const drawn = await until(page, "the city", (s) => s.settled && s.tiles.rendered > 0);
  assert.equal(drawn.tiles.failed, 0);
  assert.deepEqual(problems, []);
  await page.close();
});
