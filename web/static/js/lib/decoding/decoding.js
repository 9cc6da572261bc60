/** Reads symbols from the live picture: in a worker where one can work, else frame by frame by the service. */

import { ask } from "../service/api.js";
import { troubleOf } from "../service/trouble.js";

const SERVICE_PAUSE_MS = 700;
const IDLE_MS = 60;
const LARGEST_SIDE = 2400;
/** The kinds on parcels' labels and delivery codes; others are met on what is in the parcel, and would be taken for it. */
const WANTED = ["QRCode", "Code128", "DataMatrix", "ITF"];
const hasOffscreen = typeof OffscreenCanvas !== "undefined" && typeof createImageBitmap !== "undefined";

/** @typedef {{text: string, symbology: string}} Symbol */
/** @typedef {import("./enough.js").Enough} Enough */

export class Decoding {
  /** @param {(symbols: Symbol[]) => void} onSymbols @param {() => Enough} enough what the page waits for now @param {string[]} wanted */
  constructor(onSymbols, enough = () => "any", wanted = WANTED) {
    this.onSymbols = onSymbols;
    this.enough = enough;
    this.wanted = wanted;
    /** @type {"starting"|"native"|"zxing"|"service"} */
    this.engine = "starting";
    /** @type {Map<number, (found: any) => void>} */
    this.waiting = new Map();
    this.next = 0;
    this.ready = new Promise((resolve) => (this.chosen = resolve));
    this.startWorker();
  }

  startWorker() {
    try {
      this.worker = new Worker("/static/js/lib/decoding/decoder-worker.js", { type: "module" });
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
      this.waiting.get(message.id)?.(message.found);
      this.waiting.delete(message.id);
    }
  }

  useService() {
    this.engine = "service";
    document.documentElement.dataset.engine = this.engine;
    this.worker?.terminate();
    for (const answer of this.waiting.values()) answer(null);
    this.waiting.clear();
    this.chosen?.(undefined);
  }

  /**
   * Follow a camera: one frame at a time, never more than the decoder can take.
   * @param {import("../scanning/camera.js").Camera} camera
   */
  async follow(camera) {
    await this.ready;
    for (;;) {
      // A camera that is just stopped, hidden or started again gives no frame; the next one counts.
      const symbols = camera.running ? await this.symbolsIn(camera.video).catch(() => null) : null;
      try {
        if (symbols) this.onSymbols(symbols);
      } catch (error) {
        reportError(error);
      }
      const pause = this.engine === "service" ? SERVICE_PAUSE_MS : 0;
      await new Promise((resolve) => setTimeout(resolve, symbols ? pause : IDLE_MS));
    }
  }

  /** @param {HTMLVideoElement} video @returns {Promise<Symbol[]>} */
  async symbolsIn(video) {
    if (this.engine === "service") return readByService(video, this.enough());
    return (await this.inWorker(await frameOf(video))) ?? [];
  }

  /**
   * Say what a camera's frame looks like; without a worker nothing is known.
   * @param {import("../scanning/camera.js").Camera} camera
   * @returns {Promise<import("./look.js").Look>}
   */
  async look(camera) {
    if (this.engine === "service" || !camera.running) return "ordinary";
    const frame = await frameOf(camera.video).catch(() => null);
    return (frame && (await this.inWorker(frame, "look"))) ?? "ordinary";
  }

  /**
   * Read a photograph on this device alone.
   * @param {Blob} photo
   * @returns {Promise<Symbol[]|null>} null where this browser cannot read it
   */
  async readHere(photo) {
    await this.ready;
    return this.engine === "service" || !hasOffscreen ? null : this.inWorker(photo, "read-still");
  }

  /**
   * Read a photograph: here if it can be read here, else by the service's longer ladder.
   * @param {Blob} photo
   * @returns {Promise<{symbols: Symbol[], trouble: ReturnType<typeof troubleOf>}>}
   */
  async readPhoto(photo) {
    const here = await this.readHere(photo);
    if (here?.length) return { symbols: here, trouble: null };
    const reply = await ask("/api/v1/frames", { method: "POST", body: photo, patience: 20000 });
    return { symbols: reply.kind === "answer" ? reply.value.symbols : [], trouble: troubleOf(reply) };
  }

  /**
   * @param {import("./pixels.js").Picture|Blob} picture
   * @param {"read"|"read-still"|"look"} task still: no other frame follows, so that everything is tried with this one
   * @returns {Promise<any>} null where the worker is gone
   */
  inWorker(picture, task = "read") {
    // It may have gone while the frame was taken.
    if (this.engine === "service") {
      if ("close" in picture) picture.close();
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      const id = this.next++;
      this.waiting.set(id, resolve);
      const { wanted } = this;
      this.worker?.postMessage({ id, task, wanted, enough: this.enough(), picture }, given(picture));
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

/** What of a picture is given away rather than copied. @param {import("./pixels.js").Picture|Blob} picture @returns {Transferable[]} */
function given(picture) {
  if (picture instanceof Blob) return [];
  return [picture instanceof ImageData ? picture.data.buffer : picture];
}

/** @param {HTMLVideoElement} video @returns {Promise<import("./pixels.js").Picture>} */
async function frameOf(video) {
  if (!hasOffscreen) return pixels(video);
  return cameraFrame(video) ?? createImageBitmap(video);
}

/**
 * The camera's own frame, in no time: an ImageBitmap of a large one is painted by the page, which waits meanwhile.
 * @param {HTMLVideoElement} video @returns {VideoFrame | null} nothing where a browser has none, or lays it on its side
 */
function cameraFrame(video) {
  try {
    const frame = new VideoFrame(video);
    const { width, height } = frame.visibleRect ?? {};
    if (width === video.videoWidth && height === video.videoHeight) return frame;
    frame.close();
  } catch {
    // Without one the picture is painted.
  }
  return null;
}

/** @param {HTMLVideoElement} video */
function pixels(video) {
  const { canvas: on, context } = drawn(video);
  return context.getImageData(0, 0, on.width, on.height);
}

/** @param {HTMLVideoElement} video @param {Enough} enough */
async function readByService(video, enough) {
  const blob = await new Promise((resolve) => drawn(video).canvas.toBlob(resolve, "image/jpeg", 0.85));
  const reply = await ask(`/api/v1/frames?enough=${enough}`, { method: "POST", body: /** @type {Blob} */ (blob) });
  return reply.kind === "answer" ? reply.value.symbols : [];
}
