import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where every state of the page is pictured; ignored by git. */
export const screenshotFolder = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** The file for a state's picture. */
export function screenshotPath(state: string): string {
  mkdirSync(screenshotFolder, { recursive: true });
  return join(screenshotFolder, `${state}.png`);
}
