/** Reads symbols from the live picture: in a worker where one can work, else frame by frame by the service. */

import { ask } from "./api.js";

const SERVICE_PAUSE_MS = 700;
const IDLE_MS = 60;
const LARGEST_SIDE = 2400;
const hasOffscreen = typeof OffscreenCanvas !== "undefined" && typeof createImageBitmap !== "undefined";

/** @typedef {{text: string, symbology: string}} Symbol */

export class Decoding {
  /** @param {(symbols: Symbol[]) => void} onSymbols */
  constructor(onSymbols) {
    this.onSymbols = onSymbols;
    /** @type {"starting"|"native"|"zxing"|"service"} */
    this.engine = "starting";
    /** @type {Map<number, (symbols: Symbol[]) => void>} */
    this.waiting = new Map();
    this.next = 0;
    this.ready = new Promise((resolve) => (this.chosen = resolve));
    this.startWorker();
  }

  startWorker() {
    try {
      this.worker = new Worker(new URL("./decoder-worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => this.hear(data);
      // Browsers without module workers, or without the installed decoder, still read: by the service.
      this.worker.onerror = () => this.useService();
    } catch {
      this.useService();
    }
  }

  /** @param {any} message */
  hear(message) {
    if (message.kind === "engine") {
      if (!message.name) return this.useService();
      this.engine = message.name;
      this.chosen?.(undefined);
      document.documentElement.dataset.engine = this.engine;
    } else {
      this.waiting.get(message.id)?.(message.symbols);
      this.waiting.delete(message.id);
    }
  }

  useService() {
    this.engine = "service";
    document.documentElement.dataset.engine = this.engine;
    this.worker?.terminate();
    for (const answer of this.waiting.values()) answer([]);
    this.waiting.clear();
    this.chosen?.(undefined);
  }

  /**
   * Follow a camera: one frame at a time, never more than the decoder can take.
   * @param {import("./camera.js").Camera} camera
   */
  async follow(camera) {
    await this.ready;
    for (;;) {
      let pause = IDLE_MS;
      if (camera.running) {
        const symbols = this.engine === "service" ? await readByService(camera.video) : await this.readFrame(camera.video);
        this.onSymbols(symbols);
        pause = this.engine === "service" ? SERVICE_PAUSE_MS : 0;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** @param {HTMLVideoElement} video */
  async readFrame(video) {
    return this.inWorker(hasOffscreen ? await createImageBitmap(video) : pixels(video));
  }

  /**
   * Read a photograph: here if it can be read here, else by the service's longer ladder.
   * @param {Blob} photo
   * @returns {Promise<{symbols: Symbol[], reached: boolean}>}
   */
  async readPhoto(photo) {
    await this.ready;
    if (this.engine !== "service" && hasOffscreen) {
      const picture = await createImageBitmap(photo).catch(() => null);
      const symbols = picture ? await this.inWorker(picture) : [];
      if (symbols.length) return { symbols, reached: true };
    }
    const reply = await ask("/api/v1/frames", { method: "POST", body: photo, patience: 20000 });
    return { symbols: reply.kind === "answer" ? reply.value.symbols : [], reached: reply.kind !== "silence" };
  }

  /**
   * @param {ImageBitmap|ImageData} picture
   * @returns {Promise<Symbol[]>}
   */
  inWorker(picture) {
    return new Promise((resolve) => {
      const id = this.next++;
      this.waiting.set(id, resolve);
      this.worker?.postMessage({ id, picture }, [picture instanceof ImageData ? picture.data.buffer : picture]);
    });
  }
}

/** @type {HTMLCanvasElement | null} */
let canvas = null;

/** @param {HTMLVideoElement} video */
function drawn(video) {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas ??= document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return { canvas, context };
}

/** @param {HTMLVideoElement} video */
function pixels(video) {
  const { canvas: on, context } = drawn(video);
  return context.getImageData(0, 0, on.width, on.height);
}

/** @param {HTMLVideoElement} video */
async function readByService(video) {
  const blob = await new Promise((resolve) => drawn(video).canvas.toBlob(resolve, "image/jpeg", 0.85));
  const reply = await ask("/api/v1/frames", { method: "POST", body: /** @type {Blob} */ (blob) });
  return reply.kind === "answer" ? reply.value.symbols : [];
}
