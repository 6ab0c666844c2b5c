import { SignInMethod } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import type { SessionEvent } from "../../session/current-session.js";
import { type Context, domId } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import { clearedState, type Notice, type Screen, type State, type View } from "../state.js";

/** Why somebody is signed out. */
export type SignOutCause = Extract<SessionEvent, { kind: "signed-out" }>["cause"];

/** Changes the screen, and takes the focus along to its heading. */
export function showScreen(context: Context, screen: Screen, change: Partial<State> = {}): void {
  const before = context.state;
  context.ceremony?.abort();
  const isView = screen === "sign-in" || screen === "sign-up" || screen === "account";
  context.update({ ...clearedState, screen, view: isView ? screen : before.view, ...change });
  if (before.screen !== "starting" && before.screen !== screen) context.focus(domId("heading"));
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

/** Goes where a person may go: nobody signs in twice, and an account needs somebody signed in. */
export function goTo(context: Context, view: View, showAccount: () => void): void {
  const afterSignIn = context.claviger.state.kind === "signed-in";
  if (afterSignIn) showAccount();
  else if (view === "sign-up") showSignUp(context);
  else showSignIn(context);
}

/** Tells the page that somebody was signed out; shows them the sign-in, with the reason. */
export function showSignedOut(context: Context, cause: SignOutCause): void {
  const { screen } = context.state;
  if (screen === "account" || screen === "offer") {
    context.answer?.(false);
    showSignIn(context, { tone: "neutral", say: (texts) => texts.signedOut[cause] });
  }
  context.emit("claviger-signed-out", { cause });
}

/** Shows that nothing can start yet. `again` runs at a press, after a wait, and back online. */
export function showStuck(context: Context, failure: Failure, again: () => Promise<void>): void {
  const known = failure.kind === "offline" || failure.kind === "unavailable";
  const now = Date.now();
  const retry = async () => {
    showScreen(context, "starting");
    await again();
    context.focus(domId("heading"));
  };
  showScreen(context, "stuck", {
    now,
    stuckBy: known ? failure.kind : "failed",
    notice: { ...failureNotice(failure, now), tone: "error", retry: () => void retry() },
  });
}

/** Shows which address to open instead of this one. */
export function showWrongAddress(context: Context): void {
  showScreen(context, "wrong-address");
}

/** Whether passkeys can be used here: by this browser, by the server, and at this address. */
export function canUsePasskeys(state: State): boolean {
  const { capabilities, info } = state;
  return Boolean(
    capabilities?.passkeys &&
      info?.signInMethods.includes(SignInMethod.PASSKEY) &&
      info.origins.includes(location.origin),
  );
}
