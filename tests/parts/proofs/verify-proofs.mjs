// Checks proofs with the page's own module: a JSON line {key, proof} on stdin, the proof in base64, one line of answer on stdout.
import { createInterface } from "node:readline";
import { inflateSync } from "node:zlib";
import { proofIn } from "../../../web/static/js/recipient/proof/attachment.js";
import { LARGEST, checkProof } from "../../../web/static/js/recipient/proof/proof.js";

/** Takes nothing behind what was compressed, as the standard says (Compression Streams) and browsers do; node's own does. */
globalThis.DecompressionStream = class extends TransformStream {
  constructor() {
    const parts = [];
    super({
      transform: (part) => void parts.push(part),
      flush(controller) {
        const compressed = Buffer.concat(parts);
        const { buffer, engine } = inflateSync(compressed, { info: true, maxOutputLength: 2 * LARGEST });
        if (engine.bytesWritten !== compressed.length) throw new TypeError("data behind the end");
        controller.enqueue(new Uint8Array(buffer));
      },
    });
  }
};
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
for await (const line of createInterface({ input: process.stdin })) {
  const { key, proof } = JSON.parse(line);
  let answer;
  try {
    answer = { holds: true, ...(await checkProof(await proofIn(bytes(proof)), key)) };
  } catch (error) {
    answer = { holds: false, error: error.constructor.name, fault: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
