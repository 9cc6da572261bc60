/** Tables of cases that pytest reads, too. */

import { readFileSync } from "node:fs";

/**
 * Read a table.
 * @param {string} name
 * @returns {any}
 */
export const cases = (name) => JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), "utf8"));
