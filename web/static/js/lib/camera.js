/** One camera stream for the whole tour: started by a tap, kept alive, restarted after the background. */

const PATIENCE_MS = 6000;
const SETTLE_MS = 500;
const NEAR_ZOOM = 2;
const LENS = "doorcode-lens";

/** @typedef {"refused"|"absent"|"silent"|"insecure"} CameraTrouble */

export class Camera {
  /**
   * @param {HTMLVideoElement} video
   * @param {{onState: (state: "off"|"starting"|"on"|CameraTrouble) => void, facing?: "environment"|"user"}} options
   */
  constructor(video, { onState, facing = "environment" }) {
    this.video = video;
    this.onState = onState;
    this.facing = facing;
    this.wanted = false;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    this.lamp = false;
    document.addEventListener("visibilitychange", () => this.afterBackground());
  }

  /** @returns {boolean} whether frames can be taken */
  get running() {
    return this.track?.readyState === "live" && this.video.videoWidth > 0 && !document.hidden;
  }

  /** Start or restart; call it from a tap. */
  async start() {
    this.wanted = true;
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) return this.onState(window.isSecureContext ? "absent" : "insecure");
    this.onState("starting");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: this.wishes() });
      this.track = stream.getVideoTracks()[0];
      this.track.addEventListener("ended", () => this.wanted && this.afterBackground());
      this.video.srcObject = stream;
      await withinPatience(firstPicture(this.video));
    } catch (error) {
      this.close();
      return this.onState(troubleOf(error));
    }
    this.onState("on");
    stayAwake();
    setTimeout(() => this.settle(), SETTLE_MS);
  }

  close() {
    this.track?.stop();
    this.track = null;
    this.video.srcObject = null;
    this.lamp = false;
  }

  /** @returns {boolean} */
  get hasLamp() {
    return Boolean(this.abilities().torch);
  }

  /** Turn the lamp on or off; never by itself, since it mirrors in a phone's screen. */
  async switchLamp() {
    this.lamp = !this.lamp;
    await this.apply({ torch: this.lamp });
    return this.lamp;
  }

  /** @returns {Promise<MediaDeviceInfo[]>} the lenses of this device */
  async lenses() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  }

  /** Take the next lens and remember it. */
  async switchLens() {
    const lenses = await this.lenses();
    const now = lenses.findIndex(({ deviceId }) => deviceId === this.track?.getSettings().deviceId);
    const next = lenses[(now + 1) % lenses.length];
    if (next) localStorage.setItem(LENS, next.deviceId);
    await this.start();
  }

  /** @returns {MediaTrackConstraints} Full HD: a small symbol needs two camera pixels a module */
  wishes() {
    const lens = localStorage.getItem(LENS);
    return {
      width: { ideal: 1920 },
      height: { ideal: 1080 },
      ...(lens ? { deviceId: { ideal: lens } } : { facingMode: { ideal: this.facing } }),
    };
  }

  /** Some tracks tell their abilities only a moment after the start. */
  async settle() {
    const { zoom } = this.abilities();
    // Phones pick wide lenses that cannot focus near; a little zoom lets people hold the code further away.
    if (zoom && this.facing === "environment") {
      await this.apply({ zoom: Math.min(Math.max(NEAR_ZOOM, zoom.min), zoom.max) });
    }
    if (this.track) this.onState("on");
  }

  /** @returns {any} */
  abilities() {
    return this.track?.getCapabilities?.() ?? {};
  }

  /** @param {object} wish */
  async apply(wish) {
    await this.track?.applyConstraints(/** @type {any} */ ({ advanced: [wish] })).catch(() => undefined);
  }

  async afterBackground() {
    if (!this.wanted || document.hidden) return;
    if (this.track?.readyState === "live" && !this.track.muted) {
      stayAwake();
      await this.video.play().catch(() => undefined);
      return;
    }
    await this.start();
  }
}

/** @param {HTMLVideoElement} video */
function firstPicture(video) {
  return new Promise((resolve, reject) => {
    video.addEventListener("error", () => reject(new Error("no picture")), { once: true });
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(resolve);
    else video.addEventListener("timeupdate", resolve, { once: true });
    video.play().catch(reject);
  });
}

/** @param {Promise<unknown>} waiting */
function withinPatience(waiting) {
  const tooLong = new Promise((_, reject) => setTimeout(() => reject(new Error("no picture")), PATIENCE_MS));
  return Promise.race([waiting, tooLong]);
}

/**
 * @param {any} error
 * @returns {CameraTrouble}
 */
function troubleOf(error) {
  if (error?.name === "NotAllowedError" || error?.name === "SecurityError") return "refused";
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return "absent";
  return "silent";
}

/** Ask that the screen stays on; where that is refused, nothing is lost. */
export function stayAwake() {
  navigator.wakeLock?.request("screen").catch(() => undefined);
}
