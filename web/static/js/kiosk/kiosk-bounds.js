/** Nobody leaves the kiosk's page by a key, a long touch or a menu. What a page cannot hold back, docs/kiosk.md shuts. */

const KEPT = new Set(["Tab", "Enter", " ", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

/** Hold back everything that leads elsewhere. */
export function keepWithin() {
  addEventListener("keydown", holdKey, { capture: true });
  for (const kind of ["contextmenu", "dragstart", "drop", "dragover", "selectstart", "auxclick"]) {
    addEventListener(kind, (event) => event.preventDefault(), { capture: true });
  }
}

/** @param {KeyboardEvent} event */
function holdKey(event) {
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && (!event.shiftKey || event.key === "Tab");
  if (!plain || !KEPT.has(event.key)) event.preventDefault();
}
