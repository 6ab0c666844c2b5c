import type { Session } from "../../gen/claviger/v1/resources_pb.js";
import type { Failed } from "../../outcome/outcome.js";
import { type Context, domId } from "../context.js";
import { deviceName } from "../format/device-name.js";
import { refreshAccount } from "./account.js";
import { showListFailure } from "./passkeys.js";
import { runJob } from "./run-job.js";

/** Ends a session on another device. Returns whether it has ended. */
export async function endSession(context: Context, session: Session): Promise<boolean> {
  const outcome = await runJob(context, `end-${session.id}`, () =>
    context.claviger.sessions.end(session.id),
  );
  if (!outcome?.ok) return hadEnded(context, outcome);
  await refreshAccount(context, (texts) =>
    texts.sessions.ended(deviceName(session.userAgent, texts)),
  );
  context.focus(domId("sessions-heading"));
  return true;
}

/** Ends every session but this one. Returns whether they have ended. */
export async function endOtherSessions(context: Context): Promise<boolean> {
  const outcome = await runJob(context, "end-others", () => context.claviger.sessions.endOthers());
  if (!outcome?.ok) return hadEnded(context, outcome);
  await refreshAccount(context, (texts) => texts.sessions.endedOthers(outcome.value));
  context.focus(domId("sessions-heading"));
  return true;
}

async function hadEnded(context: Context, outcome: Failed | undefined): Promise<boolean> {
  if (!outcome) return false;
  await showListFailure(context, outcome.failure);
  return outcome.failure.kind === "not-found";
}
