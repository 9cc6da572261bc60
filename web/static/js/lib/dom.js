/** Small makers of elements. Text always becomes a text node, so nothing read from a symbol is ever markup. */

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("../../icons.svg", import.meta.url).pathname;

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` become listeners; null and false are left out
 * @param {...(Node|string|null|undefined)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Make a button that sends no form.
 * @param {Record<string, unknown>} attributes
 * @param {...(Node|string|null|undefined)} children
 */
export const makeButton = (attributes, ...children) => el("button", { type: "button", ...attributes }, ...children);

/**
 * Make a pictogram of the sprite; decorative, since words stand beside it.
 * @param {string} name
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Find all elements that a page has of a kind.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export const every = (selector, within = document) => [
  .../** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll(selector)),
];

/**
 * Find the one element a page promises to have.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function one(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Note where the focus is.
 * @returns {() => void} gives it back: to the same element, or the one that was drawn in its place
 */
export function focusKeeper() {
  const before = document.activeElement instanceof HTMLElement ? document.activeElement : document.body;
  const marks = [...before.attributes].filter(({ name }) => name.startsWith("data-"));
  const selector = marks.map(({ name, value }) => `[${name}="${CSS.escape(value)}"]`).join("");
  return () => {
    const again = before.isConnected ? before : selector && document.querySelector(selector);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  };
}
