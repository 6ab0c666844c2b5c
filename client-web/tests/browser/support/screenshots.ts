import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the screenshots, which git ignores. */
export const screenshotFolder = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** The file for the screenshot of a state. */
export function screenshotPath(state: string): string {
  mkdirSync(screenshotFolder, { recursive: true });
  return join(screenshotFolder, `${state}.png`);
}
