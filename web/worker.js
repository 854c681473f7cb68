// A worker: decodes tiles in a small wasm of its own, so that the page's thread only draws.
import init, { decode } from "./cim_worker.js";

// Where the wasm cannot be had (a browser without SIMD), the pool hears of it as an error of this worker and has the page
// decode instead.
const ready = init().then(
  () => true,
  (error) => {
    setTimeout(() => { throw error; });
    return false;
  },
);

onmessage = async ({ data: { id, content, work } }) => {
  if (!(await ready)) return;
  try {
    const outcome = decode(new Uint8Array(content), new Uint8Array(work));
    postMessage({ id, outcome: outcome.buffer }, [outcome.buffer]);
  } catch (error) {
    // After a trap the wasm's memory cannot be trusted: the pool replaces this worker.
    postMessage({ id, error: String(error?.message ?? error) });
  }
};
