// A worker: decodes tiles in a small wasm of its own, so that the page's thread only draws.
import init, { decode } from "./cim_worker.js";

const ready = init();
ready.catch((error) => setTimeout(() => { throw error; }));

onmessage = async ({ data: { id, content, work } }) => {
  try {
    await ready;
    const outcome = decode(new Uint8Array(content), new Uint8Array(work));
    postMessage({ id, outcome: outcome.buffer }, [outcome.buffer]);
  } catch (error) {
    // After a trap the wasm's memory cannot be trusted: the pool replaces this worker.
    postMessage({ id, error: String(error?.message ?? error) });
  }
};
