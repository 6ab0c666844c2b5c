import type { Account } from "../../gen/claviger/v1/resources_pb.js";
import { tryOrUndefined } from "../../try-or-undefined.js";
import { fullTime, milliseconds } from "../format/times.js";
import type { Notice } from "../state.js";

/** How long a recovery is worth a notice, in milliseconds: thirty days. */
const RECENT_MS = 30 * 86_400_000;
const KEY = "claviger-recovery-seen";

/** A notice of a recent recovery, once in each browser. */
export function unseenRecovery(account: Account | undefined, now = Date.now()): Notice | undefined {
  const time = account?.lastRecoveryTime && milliseconds(account.lastRecoveryTime);
  if (!account || time === undefined || now - time >= RECENT_MS) return undefined;
  if (tryOrUndefined(() => localStorage.getItem(KEY)) === mark(account)) return undefined;
  markRecoverySeen(account);
  return { tone: "neutral", text: (texts) => texts.codes.recovered(fullTime(time, texts)) };
}

/** Stores that the user of this browser knows of the last recovery. */
export function markRecoverySeen(account: Account): void {
  // Without storage, the notice is repeated.
  tryOrUndefined(() => localStorage.setItem(KEY, mark(account)));
}

function mark({ id, lastRecoveryTime }: Account): string {
  return `${id} ${lastRecoveryTime?.seconds}`;
}
