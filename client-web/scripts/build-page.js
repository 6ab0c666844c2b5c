// Builds the page that the server serves, from page/ into page/dist.
//
// What comes out fits the server's strict headers: no inline script or style, every asset hashed and
// under assets/, and beside each text a compressed twin (.gz) for browsers that read it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build } from "vite";

const page = fileURLToPath(new URL("../page", import.meta.url));
const dist = join(page, "dist");

// Browsers that have passkeys and Web Locks, and ES2022 with them; the older two are the last ones
// for Windows 7 and 8.
const browsers = ["chrome109", "edge109", "firefox115", "safari16.4"];

const compressible = /\.(css|html|ico|js|json|svg|webmanifest)$/;

/** Removes the last build, so that a failed one leaves no page of before. */
function empty() {
  for (const name of readdirSync(dist)) {
    if (name !== ".gitignore") {
      rmSync(join(dist, name), { recursive: true });
    }
  }
}

function compress() {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && compressible.test(entry.name)) {
      const plain = readFileSync(file);
      const smaller = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
      if (smaller.length < plain.length) {
        writeFileSync(`${file}.gz`, smaller);
      }
    }
  }
}

empty();
await build({
  configFile: false,
  root: page,
  base: "/",
  // Only hashed assets are served, so a file that keeps its name would never be seen.
  publicDir: false,
  build: {
    outDir: dist,
    emptyOutDir: false,
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
    target: browsers,
  },
});
compress();
