import { expect, test } from "vitest";
import { chooseLanguage, loadTexts, overrideTexts } from "./choose-language.js";
import { de } from "./de.js";
import { en } from "./en.js";

const SAMPLES: readonly unknown[][] = [
  ["Ada"],
  ["Ada", "Linux"],
  [1],
  [7],
  [{ minLength: 15, maxLength: 128 }],
];

/** Every text with its path. Functions are called with each of the samples. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function")
    return [[path, SAMPLES.map((sample) => call(value as TextFunction, sample)).join(" ")]];
  return Object.entries(Object(value)).flatMap(([key, part]) => leaves(part, `${path}.${key}`));
}

type TextFunction = (...sample: unknown[]) => unknown;

/** Calls a function text. Not every sample fits every function. */
function call(text: TextFunction, sample: unknown[]): string {
  try {
    return String(text(...sample));
  } catch {
    return "";
  }
}

test("both languages have the same texts, and none is empty", () => {
  const english = leaves(en);
  const german = leaves(de);

  expect(german.map(([path]) => path)).toEqual(english.map(([path]) => path));
  expect([...english, ...german].filter(([, text]) => text.trim() === "")).toEqual([]);
});

test("no text is untranslated", () => {
  const same = leaves(en).filter(([path, text]) =>
    leaves(de).some(([p, t]) => p === path && t === text),
  );

  expect(same.map(([path]) => path)).toEqual([".passkeys.heading"]);
});

test("texts contain the name that they are about", () => {
  const all = [en, de].flatMap((texts) => [
    texts.account.heading("Ada"),
    texts.passkeys.removeOne("Ada"),
    texts.signIn.withPasskeyFor("Ada"),
    texts.sessions.device("Ada", "Linux"),
    texts.deletion.mismatch("Ada"),
    texts.requestId("Ada"),
  ]);

  expect(all.filter((text) => !text.includes("Ada"))).toEqual([]);
});

test("singular and plural differ", () => {
  for (const texts of [en, de]) {
    expect(texts.sessions.endedOthers(1)).not.toContain("1");
    expect(texts.sessions.endedOthers(3)).toContain("3");
    expect(texts.times.waitSeconds(1)).not.toBe(texts.times.waitSeconds(2).replace("2", "1"));
  }
});

test.each([
  [["de-AT", "en"], "de"],
  [[null, "", "EN-gb"], "en"],
  [["fr", "de"], "de"],
  [["fr"], "en"],
  [[], "en"],
])("of the languages %j, %s is chosen", (languages, chosen) => {
  expect(chooseLanguage(languages)).toBe(chosen);
});

test.each(["en", "de"] as const)("the texts of %s name their language", async (language) => {
  expect((await loadTexts(language)).language).toBe(language);
});

test("a replaced text does not change the others", () => {
  const texts = overrideTexts(en, { signIn: { heading: "Welcome to Acme" } });

  expect(texts.signIn.heading).toBe("Welcome to Acme");
  expect(texts.signIn.submit).toBe(en.signIn.submit);
  expect(texts.failures).toEqual(en.failures);
});
