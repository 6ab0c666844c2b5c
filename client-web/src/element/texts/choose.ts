import { de } from "./de.js";
import { en, type Texts, type TextsOverride } from "./en.js";

const LANGUAGES: readonly Texts[] = [en, de];

/** The texts of the first language that there are texts in; English when there are none. */
export function chooseTexts(languages: readonly (string | null | undefined)[]): Texts {
  for (const language of languages) {
    const wanted = language?.toLowerCase().split("-")[0];
    const found = LANGUAGES.find((texts) => texts.language === wanted);
    if (found) return found;
  }
  return en;
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
