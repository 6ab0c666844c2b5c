import { en, type Texts, type TextsOverride } from "./en.js";

/** The texts of each supported language. English is always loaded; the others on demand. */
const TEXTS = {
  en: () => en,
  de: async () => (await import("./de.js")).de,
} satisfies Record<string, () => Texts | Promise<Texts>>;

/** The supported languages. */
export type Language = keyof typeof TEXTS;

/** Returns the first supported language of a list; English if there is none. */
export function chooseLanguage(languages: readonly (string | null | undefined)[]): Language {
  for (const language of languages) {
    const wanted = language?.toLowerCase().split("-")[0] ?? "";
    if (Object.hasOwn(TEXTS, wanted)) return wanted as Language;
  }
  return "en";
}

/** Loads the texts of a language. Falls back to English if that fails. */
export async function loadTexts(language: Language): Promise<Texts> {
  try {
    return await TEXTS[language]();
  } catch {
    return en;
  }
}

/** Returns the texts with some of them replaced. */
export function overrideTexts(texts: Texts, override: TextsOverride | undefined): Texts {
  if (!override) return texts;
  const parts = Object.entries(override).map(([part, replaced]) => {
    const original = texts[part as keyof Texts];
    return [part, typeof original === "object" ? { ...original, ...Object(replaced) } : replaced];
  });
  return { ...texts, ...Object.fromEntries(parts) };
}
