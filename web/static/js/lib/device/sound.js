/** Four sounds and four vibrations: right, wrong, wait, something else to do. Unlocked by the first touch, silent where not allowed. */

import { isOff } from "./preferences.js";

/** @type {AudioContext | null} */
let audio = null;

const PATTERNS = {
  green: {
    notes: [
      [660, 0, 0.14],
      [990, 0.15, 0.3],
    ],
    vibration: [70, 50, 70],
  },
  red: {
    notes: [
      [165, 0, 0.45],
      [165, 0.6, 0.45],
    ],
    vibration: [400, 120, 400],
  },
  amber: { notes: [[1200, 0, 0.04]], vibration: [40] },
  notice: {
    notes: [
      [520, 0, 0.12],
      [520, 0.2, 0.12],
    ],
    vibration: [120, 80, 120],
  },
  neutral: { notes: [[1200, 0, 0.04]], vibration: [40] },
};

/** Allow sound with the first touch or key; browsers refuse it before. */
export function unlockOnFirstTouch() {
  const unlock = () => {
    audio ??= "AudioContext" in window ? new AudioContext() : null;
    if (audio?.state === "suspended") audio.resume().catch(() => undefined);
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, unlock, { capture: true, passive: true });
}

/** @param {string} tone */
export function play(tone) {
  const { notes, vibration } = PATTERNS[/** @type {keyof typeof PATTERNS} */ (tone)] ?? PATTERNS.amber;
  vibrate(vibration);
  if (audio?.state !== "running" || isOff("sound")) return;
  for (const [pitch, after, long] of notes) note(audio, pitch, audio.currentTime + after, long);
}

/** A short tick: something was read. */
export function tick() {
  vibrate([30]);
  if (audio?.state === "running" && !isOff("sound")) note(audio, 1500, audio.currentTime, 0.03);
}

/** @param {number[]} pattern browsers refuse it before the first touch */
function vibrate(pattern) {
  if (isOff("motion")) return;
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern);
}

/**
 * @param {AudioContext} context
 * @param {number} pitch hertz
 * @param {number} start
 * @param {number} long seconds
 */
function note(context, pitch, start, long) {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(0.6, start + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + long);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + long + 0.02);
}
