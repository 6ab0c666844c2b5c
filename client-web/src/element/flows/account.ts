import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { sessionIdOf } from "../../session/current-session.js";
import { type Context, domId } from "../context.js";
import { distinctNames } from "../format/distinct-names.js";
import type { Notice, State } from "../state.js";
import { withNewest } from "./activity.js";
import { unseenRecovery } from "./last-recovery.js";
import { runJob, showFailure, showSuccess } from "./run-job.js";
import { showScreen, showSignIn, showStuck } from "./screens.js";

type Loaded = Pick<
  State,
  "account" | "passkeys" | "usedHere" | "sessions" | "activity" | "nextActivity"
>;

/** Loads the account and shows it. */
export async function showAccount(context: Context, notice?: Notice): Promise<void> {
  const { claviger } = context;
  const sessionId = sessionIdOf(claviger.state);
  const loaded = await load(context);
  const current = sessionIdOf(claviger.state);
  // Another user may have signed in in another tab: they must not see what was loaded.
  if (current !== sessionId) return current ? showAccount(context) : showSignIn(context);
  if ("failure" in loaded) {
    if (loaded.failure.kind === "signed-out") return showSignIn(context);
    return showStuck(context, loaded.failure, () => showAccount(context, notice));
  }
  showScreen(context, "account", { ...loaded, notice: notice ?? unseenRecovery(loaded.account) });
  openSection(context);
}

/** Focuses the section of the account that the page requested. */
export function openSection(context: Context): void {
  const { section } = context;
  if (section === "password") context.update({ changingPassword: true });
  if (section) context.focus(domId(`${section}-heading`));
}

/** Reloads the account, then shows a success; neither to another user who signed in meanwhile. */
export async function refreshAccount(context: Context, succeeded?: Notice["text"]): Promise<void> {
  const { claviger } = context;
  const sessionId = sessionIdOf(claviger.state);
  const loaded = await load(context);
  if (context.state.screen !== "account" || sessionIdOf(claviger.state) !== sessionId) return;
  if ("failure" in loaded) showFailure(context, loaded.failure, () => void refreshAccount(context));
  else {
    // The codes of an account are not for another one that signed in meanwhile.
    const isSame = loaded.account?.id === context.state.account?.id;
    context.update({ ...loaded, ...(isSame ? {} : { codes: undefined }), now: Date.now() });
  }
  if (succeeded) showSuccess(context, succeeded);
}

/** The name of a passkey that differs from those of the account's others. */
export function shownName({ state }: Context, { id, name }: Passkey): string {
  return state.passkeys?.find((passkey) => passkey.id === id)?.name ?? name;
}

/** Signs out in this browser. */
export async function signOut(context: Context): Promise<void> {
  const outcome = await runJob(context, "sign-out", () => context.claviger.signOut());
  if (outcome && !outcome.ok) showFailure(context, outcome.failure, () => void signOut(context));
}

async function load(context: Context): Promise<Loaded | { failure: Failure }> {
  const { claviger } = context;
  const [account, passkeys, sessions, activity] = await Promise.all([
    claviger.account.get(),
    claviger.passkeys.list(),
    claviger.sessions.list(),
    claviger.account.activity(),
  ]);
  if (!account.ok) return account;
  if (!passkeys.ok) return passkeys;
  if (!sessions.ok) return sessions;
  const names = distinctNames(passkeys.value.map(({ name }) => name));
  const here = passkeys.value.filter((passkey) => claviger.passkeys.usedHere(passkey));
  return {
    account: account.value,
    passkeys: passkeys.value.map((passkey, at) => ({ ...passkey, name: names[at] ?? "" })),
    usedHere: new Set(here.map((passkey) => passkey.id)),
    sessions: sessions.value,
    ...withNewest(context.state, activity),
  };
}
