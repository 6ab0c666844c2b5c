import { en, type Texts, type TextsOverride } from "./en.js";

/** The supported languages. */
export type Language = "en" | "de";

/** Returns the first supported language of a list; English if there is none. */
export function chooseLanguage(languages: readonly (string | null | undefined)[]): Language {
  for (const language of languages) {
    const wanted = language?.toLowerCase().split("-")[0];
    if (wanted === "en" || wanted === "de") return wanted;
  }
  return "en";
}

/** Loads the texts of a language. Falls back to English if that fails. */
export async function loadTexts(language: Language): Promise<Texts> {
  if (language === "en") return en;
  try {
    return (await import("./de.js")).de;
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
