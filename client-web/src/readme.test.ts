import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ClavigerAuth } from "./element/claviger-auth.js";
import type { FailureKind } from "./outcome/failure.js";

const readme = readFileSync("README.md", "utf8");

/** Every kind, written out so that a new one has to be added here and then to the README. */
const kinds: Record<FailureKind, true> = {
  cancelled: true,
  "already-registered": true,
  "no-passkey": true,
  refused: true,
  unverified: true,
  unsupported: true,
  insecure: true,
  busy: true,
  denied: true,
  disabled: true,
  suspended: true,
  closed: true,
  "not-invited": true,
  "wrong-code": true,
  "wrong-link": true,
  taken: true,
  expired: true,
  locked: true,
  invalid: true,
  throttled: true,
  unavailable: true,
  "signed-out": true,
  "reauthentication-required": true,
  "last-way-in": true,
  "too-many-passkeys": true,
  "not-found": true,
  "foreign-origin": true,
  offline: true,
  failed: true,
};

it("contains exactly the examples that are compiled", () => {
  const blocks = [...readme.matchAll(/```ts file=(\S+)\n([\s\S]*?)```/g)];

  const shown = blocks.map(([, file]) => file);
  const files = readdirSync("examples").map((name) => `examples/${name}`);
  expect(shown.toSorted()).toEqual(files.toSorted());
  for (const [, file = "", code] of blocks) expect(code, file).toBe(readFileSync(file, "utf8"));
  expect([...readme.matchAll(/```ts/g)]).toHaveLength(blocks.length);
});

it("explains every kind of failure, and no other", () => {
  const section = readme.slice(
    readme.indexOf("## Failures"),
    readme.indexOf("## The ready element"),
  );

  const explained = [...section.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, kind]) => kind);

  expect(explained.filter((kind) => kind !== "kind").toSorted()).toEqual(
    Object.keys(kinds).toSorted(),
  );
});

it("names every attribute of the element", () => {
  const list = readme.slice(readme.indexOf("- Attributes:"), readme.indexOf("- Properties:"));

  for (const name of ClavigerAuth.observedAttributes) expect(list).toContain(`\`${name}\``);
});
