import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";
import { chromiumPath, clavigerPath, opensslPath, pythonPath } from "./requirements.js";
import { screenshotFolder } from "./screenshots.js";

declare module "vitest" {
  interface ProvidedContext {
    /** A script that sets `window.createClaviger`. */
    headlessClient: string;
  }
}

/** Runs once before all files: checks what must be installed, and bundles the headless client. */
export default async function setup(project: TestProject): Promise<void> {
  chromiumPath();
  clavigerPath();
  opensslPath();
  pythonPath();
  // Screenshots of states that were renamed would look current.
  rmSync(screenshotFolder, { recursive: true, force: true });
  project.provide("headlessClient", await bundleHeadlessClient());
}

async function bundleHeadlessClient(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL("./headless-page.ts", import.meta.url)),
        formats: ["iife"],
        name: "headlessPage",
      },
    },
  });
  const output = Array.isArray(built) ? built[0] : built;
  if (output === undefined || !("output" in output)) {
    throw new Error("Vite built no headless client");
  }
  return output.output[0].code;
}
