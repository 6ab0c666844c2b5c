import type { GetServerInfoResponse } from "../gen/claviger/v1/auth_service_pb.js";
import type { Account, Passkey, Session } from "../gen/claviger/v1/resources_pb.js";
import type { FieldProblem } from "../outcome/failure.js";
import type { Capabilities } from "../passkeys/capabilities.js";
import type { Texts } from "./languages/en.js";

/** What the element can be asked to show. */
export type View = "sign-in" | "sign-up" | "account";

/** What the element shows. `offer` comes after a sign-in; the first three before anything else. */
export type Screen = "starting" | "stuck" | "wrong-address" | "offer" | View;

/** How somebody signed in. `elsewhere`: in another tab. `restored`: before this page was opened. */
export type SignedInBy = "password" | "sign-up" | "passkey" | "elsewhere" | "restored";

/** Something to tell the person. Made of functions of the texts, so it follows the language. */
export interface Notice {
  /** `error` goes to the alert region; the others are no errors to the person. */
  readonly tone: "error" | "neutral" | "success";
  readonly say: (texts: Texts) => string;
  /** What may help besides; shown, but not read aloud by itself. */
  readonly hint?: ((texts: Texts) => string) | undefined;
  /** When waiting is over, in milliseconds since the epoch. */
  readonly until?: number | undefined;
  /** Leads to the cause in the server's log. */
  readonly requestId?: string | undefined;
  /** Tries again. At the end of a wait it runs by itself on a screen that has nothing else. */
  readonly retry?: (() => void) | undefined;
}

/** What the dialog asks. */
export type Question =
  | { readonly kind: "remove-passkey"; readonly passkey: Passkey }
  | { readonly kind: "remove-password" }
  | { readonly kind: "delete-account" }
  | { readonly kind: "presence" };

/** Everything the views are functions of. */
export interface State {
  /** What was asked for, or where the person went. */
  readonly view: View;
  readonly screen: Screen;
  /** Why nothing could start, on the screen `stuck`. */
  readonly stuckBy: "offline" | "unavailable" | "failed";
  readonly info: GetServerInfoResponse | undefined;
  readonly capabilities: Capabilities | undefined;
  /** Whether a passkey was made or used in this browser: then it is offered first. */
  readonly passkeyFirst: boolean;
  /** Whether the password form is open although the passkey comes first. */
  readonly passwordOpen: boolean;
  /** How the person signed in to whom a passkey is offered. */
  readonly signedInBy: SignedInBy;
  /** The username as typed so far. */
  readonly username: string;
  /** Whether passwords are readable. */
  readonly revealed: boolean;
  /** The job that runs, such as `sign-in`; one at a time. */
  readonly busy: string | undefined;
  /** What the browser's own dialog is open for. */
  readonly waiting: keyof Texts["waiting"] | undefined;
  readonly notice: Notice | undefined;
  /** The fields that break rules. */
  readonly problems: readonly FieldProblem[];
  readonly account: Account | undefined;
  readonly passkeys: readonly Passkey[] | undefined;
  /** The passkeys that were made or used in this browser, by id. */
  readonly usedHere: ReadonlySet<string>;
  readonly sessions: readonly Session[] | undefined;
  /** The passkey whose name is being edited. */
  readonly renaming: string | undefined;
  /** Whether the form for a new password is open. */
  readonly changingPassword: boolean;
  readonly question: Question | undefined;
  /** The time that is shown, in milliseconds since the epoch. */
  readonly now: number;
}

/** The state of an element that has just been made. */
export function initialState(now: number): State {
  return {
    view: "sign-in",
    screen: "starting",
    stuckBy: "failed",
    info: undefined,
    capabilities: undefined,
    now,
    ...clearedState,
  };
}

/** What a change of screen forgets. */
export const clearedState = {
  passkeyFirst: false,
  passwordOpen: false,
  signedInBy: "password",
  username: "",
  revealed: false,
  busy: undefined,
  waiting: undefined,
  notice: undefined,
  problems: [],
  account: undefined,
  passkeys: undefined,
  usedHere: new Set<string>(),
  sessions: undefined,
  renaming: undefined,
  changingPassword: false,
  question: undefined,
} as const satisfies Partial<State>;
