import type { Activity } from "../account/activity.js";
import type { GetServerInfoResponse } from "../gen/claviger/v1/auth_service_pb.js";
import type { StartRecoveryResponse } from "../gen/claviger/v1/recovery_service_pb.js";
import type { Account, Passkey, Session } from "../gen/claviger/v1/resources_pb.js";
import type { FieldProblem } from "../outcome/failure.js";
import type { Capabilities } from "../passkeys/capabilities.js";
import type { Texts } from "./languages/en.js";

/** The views that the page can request. */
const VIEWS = ["sign-in", "sign-up", "recovery", "account"] as const;

/** A view that the page can request. */
export type View = (typeof VIEWS)[number];

/** Whether a name is the name of a view. */
export function isView(name: string | null): name is View {
  return VIEWS.some((view) => view === name);
}

/** What the element shows. The first three precede any view; `offer` comes after a sign-in. */
export type Screen = "starting" | "stuck" | "wrong-address" | "offer" | View;

/** How the user signed in. `elsewhere`: in another tab. `restored`: before this page was opened. */
export type SignedInBy = "password" | "sign-up" | "passkey" | "recovery" | "elsewhere" | "restored";

/** A message to the user. Its texts are functions, so that it follows a change of language. */
export interface Notice {
  /** `error` goes to the alert region, the others to the status region. */
  readonly tone: "error" | "neutral" | "success";
  readonly text: (texts: Texts) => string;
  /** An additional hint. Shown, but not announced by screen readers. */
  readonly hint?: ((texts: Texts) => string) | undefined;
  /** When the user may try again, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** The id of the failed request in the server's log. */
  readonly requestId?: string | undefined;
  /** Tries again. On the screen `stuck` it also runs by itself when the wait is over. */
  readonly retry?: (() => void) | undefined;
}

/** The question that the dialog asks. */
export type Question =
  | { readonly kind: "remove-passkey"; readonly passkey: Passkey }
  | { readonly kind: "remove-password" }
  | { readonly kind: "not-me"; readonly event: Activity }
  | { readonly kind: "delete-account" }
  | { readonly kind: "reauthenticate" };

/** An open invitation that the page was opened with. */
export interface OpenInvitation {
  /** The text in the link. */
  readonly token: string;
  /** The username that the account will have. Empty where the user chooses it. */
  readonly username: string;
  /** The display name that the account will have; may be empty. */
  readonly displayName: string;
}

/** The state from which the views are rendered. */
export interface State {
  /** The view that the page requested or the user opened. */
  readonly view: View;
  readonly screen: Screen;
  /** Why the screen is `stuck`. */
  readonly stuckBy: "offline" | "unavailable" | "failed";
  readonly info: GetServerInfoResponse | undefined;
  readonly capabilities: Capabilities | undefined;
  /** The invitation to sign up with. */
  readonly invitation: OpenInvitation | undefined;
  /** The recovery that was begun and is to be completed. */
  readonly recovery: StartRecoveryResponse | undefined;
  /** Whether it keeps what the account had before, unless the operator decided otherwise. */
  readonly keepsOld: boolean;
  /** Whether to offer the passkey before the password: one was created or used in this browser. */
  readonly passkeyFirst: boolean;
  /** Whether the password form is open although the passkey is offered first. */
  readonly passwordOpen: boolean;
  /** How the user signed in, on the screen `offer`. */
  readonly signedInBy: SignedInBy;
  /** The content of the username field. */
  readonly username: string;
  /** Whether password fields show their content. */
  readonly revealed: boolean;
  /** The job that is running, such as `sign-in`. At most one runs at a time. */
  readonly busy: string | undefined;
  /** What the user is asked for in the browser's own dialog. */
  readonly waiting: keyof Texts["waiting"] | undefined;
  readonly notice: Notice | undefined;
  /** The fields that violate rules. */
  readonly problems: readonly FieldProblem[];
  readonly account: Account | undefined;
  readonly passkeys: readonly Passkey[] | undefined;
  /** The ids of the passkeys that were created or used in this browser. */
  readonly usedHere: ReadonlySet<string>;
  readonly sessions: readonly Session[] | undefined;
  /** What happened to the account, newest first, as far as it was loaded. `undefined` if that failed. */
  readonly activity: readonly Activity[] | undefined;
  /** The token of the next page of the activity. Empty if there is none. */
  readonly nextActivity: string;
  /** The id of the passkey whose name is being edited. */
  readonly renaming: string | undefined;
  /** Whether the form for a new password is open. */
  readonly changingPassword: boolean;
  /** Whether the user chose a passkey in place of the current password in that form. */
  readonly passkeyForPassword: boolean;
  /** The recovery codes that were just made, until the user has kept them. */
  readonly codes: readonly string[] | undefined;
  readonly question: Question | undefined;
  /** The time to which displayed times refer, in milliseconds since 1970. */
  readonly now: number;
}

/** The state of a new element. */
export function initialState(now: number): State {
  return {
    view: "sign-in",
    screen: "starting",
    stuckBy: "failed",
    info: undefined,
    capabilities: undefined,
    invitation: undefined,
    now,
    ...clearedState,
  };
}

/** The part of the state that a change of screen resets. */
export const clearedState = {
  recovery: undefined,
  keepsOld: false,
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
  activity: undefined,
  nextActivity: "",
  renaming: undefined,
  changingPassword: false,
  passkeyForPassword: false,
  codes: undefined,
  question: undefined,
} as const satisfies Partial<State>;
