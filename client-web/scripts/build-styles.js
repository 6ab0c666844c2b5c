// Writes the element's style sheet as one file, so that pages load it with one request.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const from = new URL("../src/element/", import.meta.url);
const to = new URL("../dist/element/", import.meta.url);

const whole = readFileSync(new URL("claviger-auth.css", from), "utf8").replaceAll(
  /@import "(.+)";/g,
  (_, part) => readFileSync(new URL(part, from), "utf8"),
);
mkdirSync(to, { recursive: true });
writeFileSync(new URL("claviger-auth.css", to), whole);
