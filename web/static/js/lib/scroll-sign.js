/** A list that scrolls says so: how many rows are below its edge, and one tap goes on. It stays where it was when drawn anew. */

import { el, icon, makeButton } from "./dom.js";
import { t } from "./words.js";

const EDGE_PX = 12;

/** @type {Map<string, number>} how far each list was scrolled */
const places = new Map();

/**
 * Give a list its sign.
 * @param {string} name by which it is known when it is drawn anew
 * @param {HTMLElement} list
 * @returns {HTMLElement}
 */
export function scrolling(name, list) {
  const words = el("span", {});
  const next = () => list.scrollBy({ top: list.clientHeight * 0.8 });
  const sign = makeButton({ class: "below", hidden: true, onclick: next }, icon("below"), words);
  const look = () => {
    const edge = list.getBoundingClientRect().bottom + EDGE_PX;
    const below = [...list.children].filter((row) => row.getBoundingClientRect().bottom > edge).length;
    sign.hidden = below === 0;
    words.textContent = t("%(count)s more below", { count: below });
  };
  list.setAttribute("tabindex", "0");
  list.addEventListener("scroll", () => {
    places.set(name, list.scrollTop);
    look();
  });
  let isNew = true;
  new ResizeObserver(() => {
    if (isNew) {
      isNew = false;
      list.scrollTop = places.get(name) ?? 0;
      list.querySelector("[data-latest]")?.scrollIntoView({ block: "nearest" });
    }
    look();
  }).observe(list);
  return el("div", { class: "scrolling" }, list, sign);
}
