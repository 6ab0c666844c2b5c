import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { TEST_CHROMIUM, TEST_CLAVIGER, TEST_OPENSSL, TEST_PYTHON } = process.env;
const builtBinary = fileURLToPath(new URL("../../../../target/debug/claviger", import.meta.url));

/** The browser: `TEST_CHROMIUM`, or the one of Debian's package. */
export function chromiumPath(): string {
  return existing(
    TEST_CHROMIUM ?? "/usr/bin/chromium",
    "Chromium is not at {}. Install it (apt-get install chromium), or name it in TEST_CHROMIUM.",
  );
}

/** The server: `TEST_CLAVIGER`, or the one that `cargo build` creates. */
export function clavigerPath(): string {
  return existing(
    TEST_CLAVIGER ?? builtBinary,
    "The server is not at {}. Build it (cargo build --bin claviger), or name it in TEST_CLAVIGER.",
  );
}

/** Python, with which tests change database rows that no RPC can change. */
export function pythonPath(): string {
  const python = TEST_PYTHON ?? "python3";
  try {
    execFileSync(python, ["-c", "import sqlite3"], { stdio: "ignore" });
    return python;
  } catch {
    throw new Error(
      `${python} cannot be run or has no sqlite3 module. Install it (apt-get install python3), or name another in TEST_PYTHON.`,
    );
  }
}

/** OpenSSL's program, with which a test creates the certificate of a server. */
export function opensslPath(): string {
  const openssl = TEST_OPENSSL ?? "openssl";
  try {
    execFileSync(openssl, ["version"], { stdio: "ignore" });
    return openssl;
  } catch {
    throw new Error(
      `${openssl} cannot be run. Install it (apt-get install openssl), or name another in TEST_OPENSSL.`,
    );
  }
}

function existing(path: string, otherwise: string): string {
  if (!existsSync(path)) {
    throw new Error(otherwise.replace("{}", path));
  }
  return path;
}
