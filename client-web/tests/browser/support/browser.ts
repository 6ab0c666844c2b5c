import { type Browser, chromium } from "playwright-core";
import { chromiumPath } from "./requirements.js";

/** Starts Chromium without a screen. */
export function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  // Chromium's sandbox does not work for root.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: chromiumPath(), args: [...sandbox, ...flags] });
}
