// Fails if src/gen is not what the contract generates.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "./generate.js";

const fresh = mkdtempSync(join(tmpdir(), "claviger-generated-"));
try {
  generate(fresh);
  execFileSync("diff", ["--recursive", "src/gen", join(fresh, "src/gen")], { stdio: "inherit" });
} catch {
  process.stderr.write(
    "\nsrc/gen is not what the contract generates. Fix with: npm run generate\n",
  );
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true });
}
