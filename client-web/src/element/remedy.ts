import type { Activity } from "../account/activity.js";
import { ActivityActor, type Passkey, type Session } from "../gen/claviger/v1/resources_pb.js";
import type { State } from "./state.js";

/** What helps against an event that the user did not cause, in this order. */
export interface Remedy {
  /** The session to end: the one in which it was done. */
  readonly session: Session | undefined;
  /** Whether to end all other sessions, because that one is not known or has ended. */
  readonly others: boolean;
  /** The passkey to remove. */
  readonly passkey: Passkey | undefined;
  /** Whether to make new recovery codes, which makes those void that were made. */
  readonly codes: boolean;
  /** Whether to change the password. */
  readonly password: boolean;
}

/** The kinds of events for which a passkey alone is needed. */
const BY_PASSKEY_ALONE = ["sign_in", "reauthentication", "passkey_clone_suspected"];

/** The kinds of events that open the account to the one who causes them, unless they are refused. */
const WAYS_IN = ["sign_in", "recovery_code_used", "recovery_link_used"];

/** Whether a client caused an event, which may not have been the user's. */
export function isOfClient({ actor }: Activity): boolean {
  return actor === ActivityActor.ACCOUNT || actor === ActivityActor.ANONYMOUS;
}

/** What helps against an event that the user did not cause. */
export function remedyFor(
  event: Activity,
  { account, passkeys = [], sessions = [] }: Pick<State, "account" | "passkeys" | "sessions">,
): Remedy {
  const others = sessions.filter(({ current }) => !current);
  // A new password opens a session, which is the target then.
  const session = others.find(({ id }) => id === event.sessionId || id === event.target);
  const passkey = passkeys.find(({ id }) => id === event.target);
  const stayedOut = event.refused && WAYS_IN.includes(event.kind);
  return {
    session,
    others: !session && !stayedOut && others.length > 0,
    passkey,
    codes: event.kind === "recovery_codes_created" && Boolean(account?.recoveryCodesLeft),
    password: Boolean(account?.hasPassword) && !(passkey && BY_PASSKEY_ALONE.includes(event.kind)),
  };
}
