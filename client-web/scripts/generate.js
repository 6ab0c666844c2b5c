// Generates src/gen from the contract: `buf generate`, then descriptors as text.
//
// The generator writes each file's descriptor in base64, which hardly compresses: repeated names look
// different at every third offset. Decoded to text, it has half the size after gzip.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BASE64_DESCRIPTOR = /fileDesc\("([A-Za-z0-9+/=]+)"/;

/** Generates `src/gen` into the folder `output`. */
export function generate(output) {
  execFileSync("npx", ["--no-install", "buf", "generate", "--output", output], {
    stdio: "inherit",
  });
  const generated = join(output, "src/gen");
  for (const name of readdirSync(generated, { recursive: true })) {
    if (name.endsWith("_pb.ts")) {
      const file = join(generated, name);
      writeFileSync(file, withTextDescriptor(readFileSync(file, "utf8")));
    }
  }
}

function withTextDescriptor(code) {
  if (!BASE64_DESCRIPTOR.test(code)) {
    throw new Error("protoc-gen-es does not write descriptors as it used to");
  }
  return code.replace(
    BASE64_DESCRIPTOR,
    (_, base64) => `fileDesc(/*@__PURE__*/ btoa(${literal(Buffer.from(base64, "base64"))})`,
  );
}

/** Bytes as a string literal with one character for each. */
function literal(bytes) {
  const plain = (byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  const escaped = (byte) => `\\x${byte.toString(16).padStart(2, "0")}`;
  const text = Array.from(bytes, (byte) =>
    plain(byte) ? String.fromCharCode(byte) : escaped(byte),
  );
  return `"${text.join("")}"`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  generate(".");
}
