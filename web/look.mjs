import { spawn } from "node:child_process";
import { chromium } from "playwright-core";
const [program, city, view, out, style] = process.argv.slice(2);
const server = spawn(program, ["serve", "--city", city, "--port", "0", "--web", "dist"], { stdio: ["ignore", "pipe", "ignore"] });
const url = await new Promise((d) => server.stdout.once("data", (x) => d(String(x).trim())));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"] });
const page = await browser.newPage({ viewport: { width: 960, height: 690 } });
page.on("console", (m) => console.log(m.text().slice(0, 200)));
await page.goto(`${url}?view=${view}`);
const state = () => page.evaluate(() => document.querySelector("cim-twin").state).catch(() => undefined);
const until = async (f, s) => { const end = Date.now() + s * 1000; let x; while (Date.now() < end) { x = await state(); if (x && f(x)) return x; await page.waitForTimeout(500); } console.log("timeout", JSON.stringify(x).slice(0, 300)); };
await until((s) => s.settled && s.connected && s.tiles.rendered > 0, 280);
await page.screenshot({ path: `${out}-1.png` });
if (process.env.CLICKS) { let n = 0; for (const c of process.env.CLICKS.split(";")) { const [x, y] = c.split(",").map(Number); await page.mouse.click(x, y); const f = (await state()).frame; await until((s) => s.frame > f + 6, 60); await page.screenshot({ path: `${out}-c${n++}.png` }); } }
if (style) {
  for (const [i, s] of style.split("|").entries()) {
    await page.evaluate((s) => document.querySelector("cim-twin").setStyle(s), s);
    const f = (await state()).frame;
    await until((x) => x.frame > f + 4, 60);
    await page.screenshot({ path: `${out}-${i + 2}.png` });
  }
}
await browser.close(); server.kill();
