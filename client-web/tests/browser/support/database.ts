import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pythonPath } from "./requirements.js";
import type { Server } from "./server.js";

const script = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10)
with database:
    print(database.execute(sys.argv[2]).rowcount)
`;

/** Makes every authentication on record more than ten minutes old. */
export function ageReauthentications(server: Server): void {
  const elevenMinutes = 11 * 60 * 1_000_000;
  change(server, `UPDATE sessions SET auth_time = auth_time - ${elevenMinutes}`);
}

/** Sets the number of failed sign-ins on record, the last one just now. */
export function raiseFailures(server: Server, failures: number): void {
  const now = Date.now() * 1000;
  change(server, `UPDATE sign_in_failures SET failures = ${failures}, last_failed_at = ${now}`);
}

/** Changes rows under the running server, for what otherwise takes much time. */
function change(server: Server, statement: string): void {
  const file = join(server.dataFolder, "claviger.db");
  const changed = execFileSync(pythonPath(), ["-c", script, file, statement], { encoding: "utf8" });
  if (Number(changed) === 0) {
    throw new Error(`No row was changed by: ${statement}`);
  }
}
