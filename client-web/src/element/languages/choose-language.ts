import { en, type Texts, type TextsOverride } from "./en.js";

/** The languages there are texts in. */
export type Language = "en" | "de";

/** The first language that there are texts in; English when there is none. */
export function chooseLanguage(languages: readonly (string | null | undefined)[]): Language {
  for (const language of languages) {
    const wanted = language?.toLowerCase().split("-")[0];
    if (wanted === "en" || wanted === "de") return wanted;
  }
  return "en";
}

/** The texts of a language. English is always there; what cannot be loaded is said in English. */
export async function loadTexts(language: Language): Promise<Texts> {
  if (language === "en") return en;
  try {
    return (await import("./de.js")).de;
  } catch {
    return en;
  }
}

/** The texts with some of them replaced. */
export function overrideTexts(texts: Texts, override: TextsOverride | undefined): Texts {
  if (!override) return texts;
  const parts = Object.entries(override).map(([part, replaced]) => {
    const original = texts[part as keyof Texts];
    return [part, typeof original === "object" ? { ...original, ...Object(replaced) } : replaced];
  });
  return { ...texts, ...Object.fromEntries(parts) };
}
