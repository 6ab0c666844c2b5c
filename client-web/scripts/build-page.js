// Builds the page that the server serves, from page/ into page/dist.
//
// The output fits the server's strict headers: no inline script or style, and every asset under
// assets/ with a hash in its name. Each text file has a compressed copy (.gz) beside it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build } from "vite";

const page = fileURLToPath(new URL("../page", import.meta.url));
const dist = join(page, "dist");

// Browsers with passkeys, Web Locks and ES2022. Chrome and Edge 109 are the last for Windows 7 and 8.
const browsers = ["chrome109", "edge109", "firefox115", "safari16.4"];

const compressible = /\.(css|html|ico|js|json|svg|webmanifest)$/;

/** Removes the last build, so that a failed build leaves no old page. */
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
  // The server serves only hashed assets, so it would never serve a file that keeps its name.
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
