// The custom element <cim-twin>: the city in a page.
//
//   <cim-twin backend="https://city.example/" view="116.587,35.415,1500,30,60" lang="en"></cim-twin>
//
// Attributes: backend (root of the backend; the page's own server when left out), tiles (a tileset instead of the
// backend's; with backend="none" it is shown alone), view, lang. The page's query string may say the same.
// Methods: select(key), flyTo(view), setLayer(name, on), openCase(id), setStyle(style): "height", "use",
// an object or text in the 3D Tiles Styling language, or nothing. Property: state.
// Events: "ready", "selectionchange" (detail.key), "error" (detail.message).
import init, * as engine from "./cim_twin.js";
import { Decoder } from "./decoder.js";

const style = `
  cim-twin { position: relative; }
  cim-twin > canvas { display: block; width: 100%; height: 100%; outline: none; touch-action: none; }
  cim-twin > .cim-twin-notice {
    position: absolute; inset: 0; display: flex; align-items: center; justify-content: center; text-align: center;
    padding: 2em; font: 16px/1.6 system-ui, sans-serif; color: #dfe9f3; background: #0e1824; white-space: pre-line;
  }`;

class CimTwin extends HTMLElement {
  #known = null;
  #ready = false;

  connectedCallback() {
    if (this.#ready) return;
    this.#ready = true;
    const sheet = document.createElement("style");
    sheet.textContent = style;
    const canvas = document.createElement("canvas");
    canvas.id = "cim-twin";
    canvas.tabIndex = 0;
    const notice = document.createElement("div");
    notice.className = "cim-twin-notice";
    notice.textContent = "正在载入城市… Loading the city…";
    this.replaceChildren(sheet, canvas, notice);
    this.#start(notice);
  }

  async #start(notice) {
    const asked = new URLSearchParams(location.search);
    const option = (name) => this.getAttribute(name) ?? asked.get(name) ?? undefined;
    const absolute = (text) => (text === undefined ? undefined : new URL(text, location.href).href);
    const backend = option("backend") ?? "./";
    try {
      if (!document.createElement("canvas").getContext("webgl2")) {
        throw new Error("此浏览器不支持 WebGL2，请启用硬件加速或更换浏览器。\nThis browser offers no WebGL2: switch on hardware acceleration, or use another browser.");
      }
      // One core is left to the page itself; more than four workers only wait for the network.
      const cores = navigator.hardwareConcurrency || 2;
      const decoder = new Decoder(new URL("./worker.js", import.meta.url), Math.min(Math.max(cores - 1, 1), 4));
      await init();
      engine.start(backend === "none" ? undefined : absolute(backend), absolute(option("tiles")), option("view"),
        option("lang") ?? document.documentElement.lang, (content, work) => decoder.decode(content, work));
      notice.remove();
      this.#watch();
    } catch (error) {
      const message = String(error?.message ?? error);
      notice.textContent = message;
      this.dispatchEvent(new CustomEvent("error", { detail: { message } }));
    }
  }

  // The engine has no thread of its own to call from: what changed is seen once a frame.
  #watch() {
    let announced = false;
    const look = () => {
      const state = this.state;
      if (!announced && state.settled) {
        announced = true;
        this.dispatchEvent(new CustomEvent("ready"));
      }
      const key = state.selection ?? null;
      if (key !== this.#known) {
        this.#known = key;
        this.dispatchEvent(new CustomEvent("selectionchange", { detail: { key } }));
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  get state() { return JSON.parse(engine.state()); }
  select(key) { engine.select(key ?? undefined); }
  flyTo(view) { engine.fly_to(view); }
  setLayer(name, on) { engine.set_layer(name, on); }
  setStyle(style) { engine.set_style(typeof style === "object" && style !== null ? JSON.stringify(style) : style ?? undefined); }
  openCase(id) { engine.open_case(id ?? undefined); }
}

customElements.define("cim-twin", CimTwin);
