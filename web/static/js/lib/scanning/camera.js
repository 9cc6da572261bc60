/** One camera stream for the whole tour: started by a tap, kept alive, restarted after the background. */

const PATIENCE_MS = 6000;
/** A camera that another page or program just let go is in use for a moment more. */
const IN_USE_MS = 1000;
const SETTLE_MS = 500;
/** A busy phone may leave a lens out of its list for so long. */
const LATE_MS = 3000;
const LOOK_MS = 250;
const NEAR_ZOOM = 2;
const ZOOMS = [1, 2, 3, 5];
const LENS = "doorcode-lens";
const ZOOM = "doorcode-zoom";

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
    /** So many lenses there are, as far as anybody has seen. */
    this.seen = 0;
    /** Counts the starts: of two that overlap the later one holds. */
    this.turn = 0;
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
    const turn = ++this.turn;
    if (!navigator.mediaDevices?.getUserMedia) return this.onState(window.isSecureContext ? "absent" : "insecure");
    this.onState("starting");
    let late = 0;
    try {
      const stream = await this.openAgainIfInUse();
      if (turn !== this.turn) return stream.getTracks().forEach((track) => track.stop());
      this.track = stream.getVideoTracks()[0];
      this.track.addEventListener("ended", () => this.wanted && this.afterBackground());
      this.video.srcObject = stream;
      // A first picture that comes late still counts: what is said meanwhile is taken back.
      late = setTimeout(() => turn === this.turn && this.onState("silent"), PATIENCE_MS);
      await firstPicture(this.video);
      if (turn !== this.turn) return;
    } catch (error) {
      if (turn !== this.turn) return;
      this.close();
      return this.onState(troubleOf(error));
    } finally {
      clearTimeout(late);
    }
    this.onState("on");
    stayAwake();
    setTimeout(() => this.settle(), SETTLE_MS);
  }

  async openAgainIfInUse() {
    try {
      return await this.open();
    } catch (error) {
      if (troubleOf(error) !== "silent") throw error;
      await new Promise((go) => setTimeout(go, IN_USE_MS));
      return this.open();
    }
  }

  /**
   * Open the lens that was chosen last, or any if it is gone, with its zoom if that is allowed. Chromium tells and takes
   * a zoom only where it was asked for; on Android nobody is asked anything more, elsewhere it may be refused by itself.
   */
  async open() {
    const ask = (/** @type {object} */ video) => navigator.mediaDevices.getUserMedia({ audio: false, video });
    try {
      return await ask({ ...this.wishes(), zoom: true });
    } catch (error) {
      const [trouble, lens] = [troubleOf(error), localStorage.getItem(LENS)];
      if (trouble === "absent" && lens) await this.forgetIfGone(lens);
      else if (trouble !== "refused" || (await cameraPermission())?.state !== "granted") throw error;
      return ask(this.wishes());
    }
  }

  /** A lens that is in the list, or soon comes back to it, was only late: it keeps its place. @param {string} lens */
  async forgetIfGone(lens) {
    const isIn = (/** @type {MediaDeviceInfo[]} */ list) => list.some(({ deviceId }) => deviceId === lens);
    if (!isIn(await this.lensesOnce(isIn))) localStorage.removeItem(LENS);
  }

  /** Hide the camera, until it is started again. */
  stop() {
    this.wanted = false;
    this.turn += 1;
    this.close();
    this.onState("off");
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
    const wish = !this.lamp;
    await this.apply({ torch: wish });
    this.lamp = /** @type {any} */ (this.track?.getSettings())?.torch ?? wish;
    return this.lamp;
  }

  /** @returns {Promise<MediaDeviceInfo[]>} the lenses of this device */
  async lenses() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const lenses = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
    this.seen = Math.max(this.seen, lenses.length);
    return lenses;
  }

  /** @returns {Promise<number>} so many lenses there are; one that a busy phone leaves out of its list counts */
  async lensCount() {
    await this.lenses();
    return this.seen;
  }

  /**
   * @param {(lenses: MediaDeviceInfo[]) => boolean} isWhole
   * @returns {Promise<MediaDeviceInfo[]>} the lenses once the list is whole, or what is there when that takes too long
   */
  async lensesOnce(isWhole) {
    for (let waited = 0; ; waited += LOOK_MS) {
      const lenses = await this.lenses();
      if (isWhole(lenses) || waited >= LATE_MS) return lenses;
      await new Promise((go) => setTimeout(go, LOOK_MS));
    }
  }

  /** Take the next lens and remember it. */
  async switchLens() {
    const lenses = await this.lensesOnce((list) => list.length >= this.seen);
    this.seen = lenses.length;
    const now = lenses.findIndex(({ deviceId }) => deviceId === this.track?.getSettings().deviceId);
    const next = lenses[(now + 1) % lenses.length];
    if (next) localStorage.setItem(LENS, next.deviceId);
    await this.start();
  }

  /** @returns {number[]} the magnifications that this lens can do; one alone is no choice */
  get zooms() {
    const { zoom } = this.abilities();
    return zoom ? ZOOMS.filter((times) => times * unitOf(zoom) <= zoom.max) : [];
  }

  /** @returns {number} the magnification that is set: what was chosen last, or what lets people stand a little away */
  get zoom() {
    const chosen = Number(localStorage.getItem(ZOOM)) || (this.facing === "environment" ? NEAR_ZOOM : 1);
    return this.zooms.includes(chosen) ? chosen : (this.zooms.at(-1) ?? 1);
  }

  /** Take the next magnification and remember it. */
  async switchZoom() {
    const { zooms } = this;
    const next = zooms[(zooms.indexOf(this.zoom) + 1) % zooms.length];
    if (next) localStorage.setItem(ZOOM, String(next));
    await this.settle();
  }

  /** @returns {MediaTrackConstraints} Full HD: a small symbol needs two camera pixels a module */
  wishes() {
    const lens = localStorage.getItem(LENS);
    return {
      width: { ideal: 1920 },
      height: { ideal: 1080 },
      ...(lens ? { deviceId: { exact: lens } } : { facingMode: { ideal: this.facing } }),
    };
  }

  /** Some tracks tell their abilities only a moment after the start. */
  async settle() {
    const { zoom } = this.abilities();
    // Phones pick wide lenses that cannot focus near; a little zoom lets people hold the code further away.
    if (zoom) await this.apply({ zoom: this.zoom * unitOf(zoom) });
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

/** @param {{min: number}} zoom @returns {number} what this track writes for "as it is" */
const unitOf = ({ min }) => Math.max(1, min);

/** @param {HTMLVideoElement} video */
function firstPicture(video) {
  return new Promise((resolve, reject) => {
    video.addEventListener("error", () => reject(new Error("no picture")), { once: true });
    // Firefox knows it since 132 only.
    if (typeof video.requestVideoFrameCallback === "function") video.requestVideoFrameCallback(resolve);
    else video.addEventListener("timeupdate", resolve, { once: true });
    video.play().catch(reject);
  });
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

/** @returns {Promise<PermissionStatus | null>} what the person has decided; null where the browser does not say */
export async function cameraPermission() {
  const name = /** @type {PermissionName} */ (/** @type {unknown} */ ("camera"));
  return (await navigator.permissions?.query({ name }).catch(() => null)) ?? null;
}

/** Ask that the screen stays on; where that is refused, nothing is lost. */
export function stayAwake() {
  navigator.wakeLock?.request("screen").catch(() => undefined);
}
