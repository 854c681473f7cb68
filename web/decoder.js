// A pool of workers that decode tiles.

export class Decoder {
  #url;
  #idle = [];
  #waiting = [];
  #pending = new Map();
  #proven = new WeakSet();
  #next = 0;

  // `size` workers that run the module at `url`.
  constructor(url, size) {
    this.#url = url;
    const all = typeof Worker === "undefined" ? 0 : size;
    for (let i = 0; i < all; i += 1) this.#hire();
  }

  // Bytes of a content and of the work, each in a buffer of its own that is handed over, not copied; a promise of the
  // outcome's bytes, or of undefined where workers cannot be had.
  decode(content, work) {
    if (this.#idle.length === 0 && this.#pending.size === 0) return Promise.resolve(undefined);
    return new Promise((done, fail) => {
      this.#waiting.push({ content, work, done, fail });
      this.#share();
    });
  }

  #hire() {
    const worker = new Worker(this.#url, { type: "module" });
    worker.onmessage = ({ data }) => this.#answer(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#replace(worker, event.message || "the worker could not be started");
    };
    this.#idle.push(worker);
  }

  #share() {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      const task = this.#waiting.shift();
      const id = this.#next++;
      this.#pending.set(worker, { id, ...task });
      const content = task.content.buffer;
      const work = task.work.buffer;
      worker.postMessage({ id, content, work }, [content, work]);
    }
  }

  #answer(worker, { id, outcome, error }) {
    const task = this.#pending.get(worker);
    if (task?.id !== id) return;
    this.#proven.add(worker);
    if (error !== undefined) {
      this.#replace(worker, error);
      return;
    }
    this.#pending.delete(worker);
    this.#idle.push(worker);
    task.done(new Uint8Array(outcome));
    this.#share();
  }

  // A worker that breaks over a task fails it, and another takes its place. One that never worked at all (no module
  // workers, a policy of the page) would only fail again: its tasks go back undone.
  #replace(worker, message) {
    worker.terminate();
    const task = this.#pending.get(worker);
    this.#pending.delete(worker);
    this.#idle = this.#idle.filter((other) => other !== worker);
    if (this.#proven.has(worker)) {
      task?.fail(new Error(message));
      this.#hire();
    } else {
      task?.done(undefined);
    }
    if (this.#idle.length === 0 && this.#pending.size === 0) {
      for (const left of this.#waiting.splice(0)) left.done(undefined);
    }
    this.#share();
  }
}
