/** What a device signs, on the cases that pytest reads, too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { signedText } from "../../web/static/js/lib/handing/signed-text.js";
import { cases } from "./cases.js";

for (const { why, form, device_id: device, name, signed, ...body } of cases("signed-text").cases) {
  test(why, async () => assert.equal(await signedText(body, device, { form, name }), signed));
}
