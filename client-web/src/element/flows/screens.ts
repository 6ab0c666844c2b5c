import { RegistrationPolicy } from "../../gen/claviger/v1/auth_service_pb.js";
import { SignInMethod } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import type { SessionEvent } from "../../session/current-session.js";
import { type Context, domId } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import { clearedState, isView, type Notice, type Screen, type State, type View } from "../state.js";

/** Why the user is signed out. */
export type SignOutCause = Exclude<
  Extract<SessionEvent, { kind: "signed-out" }>["cause"],
  "nothing-restored"
>;

/** Changes the screen and moves the focus to its heading. */
export function showScreen(context: Context, screen: Screen, change: Partial<State> = {}): void {
  const before = context.state;
  context.ceremony?.abort();
  context.update({
    ...clearedState,
    screen,
    view: isView(screen) ? screen : before.view,
    ...change,
  });
  if (before.screen === screen) return;
  if (before.screen !== "starting") context.focus(domId("heading"));
  else if (context.autofocus) focusFirst(context);
}

/** Focuses what a user starts with, so that the browser offers passkeys and passwords there. */
function focusFirst(context: Context): void {
  const { invitation, passkeyFirst, recovery, screen } = context.state;
  // Who is greeted reads that first.
  if (invitation || recovery) context.focus(domId("heading"));
  else if (screen === "sign-up" || screen === "recovery") context.focus(domId("username"));
  else if (screen === "sign-in") {
    context.focus(domId(passkeyFirst ? "sign-in-passkey" : "username"));
  }
}

/** Shows the sign-in. */
export function showSignIn(context: Context, notice?: Notice): void {
  showScreen(context, "sign-in", {
    passkeyFirst: canUsePasskeys(context.state) && context.claviger.hasUsedPasskeyHere,
    notice,
  });
}

/** Shows the sign-up. */
export function showSignUp(context: Context): void {
  showScreen(context, "sign-up");
}

/** Shows the form for a recovery code, with the username if it is known. */
export function showRecovery(context: Context, username: string, notice?: Notice): void {
  showScreen(context, "recovery", { username, notice });
}

/** Shows a view if the session allows it: the account when signed in, otherwise the others. */
export function goTo(context: Context, view: View, showAccount: () => void): void {
  const afterSignIn = context.claviger.state.kind === "signed-in";
  if (afterSignIn) showAccount();
  else if (view === "sign-up") showSignUp(context);
  else if (view === "recovery") showRecovery(context, context.state.username);
  else showSignIn(context);
}

/** Shows the sign-in with the reason for the sign-out, and dispatches `claviger-signed-out`. */
export function showSignedOut(context: Context, cause: SignOutCause): void {
  const { screen } = context.state;
  if (screen === "account" || screen === "offer") {
    context.answer?.(false);
    showSignIn(context, { tone: "neutral", text: (texts) => texts.signedOut[cause] });
  }
  context.emit("claviger-signed-out", { cause });
}

/** Shows that loading failed. `again` runs at a press, after a wait, and when back online. */
export function showStuck(context: Context, failure: Failure, again: () => Promise<void>): void {
  const waits = failure.kind === "unavailable" || failure.kind === "throttled";
  const now = Date.now();
  const retry = async () => {
    showScreen(context, "starting");
    await again();
    context.focus(domId("heading"));
  };
  showScreen(context, "stuck", {
    now,
    stuckBy: waits ? "unavailable" : failure.kind === "offline" ? "offline" : "failed",
    notice: { ...failureNotice(failure, now), tone: "error", retry: () => void retry() },
  });
}

/** Shows which address to open instead of this one. */
export function showWrongAddress(context: Context): void {
  showScreen(context, "wrong-address");
}

/** Whether the user can create an account: anyone can, or they are invited. */
export function canSignUp({ info, invitation }: State): boolean {
  if (invitation) return true;
  const policy = info?.registrationPolicy;
  // Every server does that is too old to say.
  return policy === RegistrationPolicy.OPEN || policy === RegistrationPolicy.UNSPECIFIED;
}

/** Whether this browser, the server and this address support passkeys. */
export function canUsePasskeys(state: State): boolean {
  const { capabilities, info } = state;
  return Boolean(
    capabilities?.passkeys &&
      info?.signInMethods.includes(SignInMethod.PASSKEY) &&
      info.origins.includes(location.origin),
  );
}

/** Whether the account has a passkey and this page can ask for it. */
export function canUseOwnPasskey(state: State): boolean {
  return canUsePasskeys(state) && Boolean(state.passkeys?.length);
}
