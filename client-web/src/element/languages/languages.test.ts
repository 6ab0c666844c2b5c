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

/** Every text with its path; functions are called with samples of everything. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function")
    return [[path, SAMPLES.map((them) => say(value as Sayable, them)).join(" ")]];
  return Object.entries(Object(value)).flatMap(([key, part]) => leaves(part, `${path}.${key}`));
}

type Sayable = (...them: unknown[]) => unknown;

/** Not every sample fits every function. */
function say(text: Sayable, them: unknown[]): string {
  try {
    return String(text(...them));
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

test("no text was left untranslated", () => {
  const same = leaves(en).filter(([path, text]) =>
    leaves(de).some(([p, t]) => p === path && t === text),
  );

  expect(same.map(([path]) => path)).toEqual([".passkeys.heading"]);
});

test("what a text is about appears in it", () => {
  const said = [en, de].flatMap((texts) => [
    texts.account.heading("Ada"),
    texts.passkeys.removeOne("Ada"),
    texts.signIn.withPasskeyFor("Ada"),
    texts.sessions.device("Ada", "Linux"),
    texts.deletion.mismatch("Ada"),
    texts.requestId("Ada"),
  ]);

  expect(said.filter((text) => !text.includes("Ada"))).toEqual([]);
});

test("one is not several", () => {
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
])("of the languages %j, %s is spoken", (languages, spoken) => {
  expect(chooseLanguage(languages)).toBe(spoken);
});

test.each(["en", "de"] as const)(
  "the texts of %s say which language they are",
  async (language) => {
    expect((await loadTexts(language)).language).toBe(language);
  },
);

test("a replaced text leaves its neighbours alone", () => {
  const texts = overrideTexts(en, { signIn: { heading: "Welcome to Acme" } });

  expect(texts.signIn.heading).toBe("Welcome to Acme");
  expect(texts.signIn.submit).toBe(en.signIn.submit);
  expect(texts.failures).toEqual(en.failures);
});
