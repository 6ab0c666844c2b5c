import type { Session } from "../../gen/claviger/v1/resources_pb.js";
import { type Context, domId } from "../context.js";
import { deviceName } from "../format/device-name.js";
import { refreshAccount } from "./account.js";
import { showListFailure } from "./passkeys.js";
import { runJob } from "./run-job.js";

/** Ends a session on another device. */
export async function endSession(context: Context, session: Session): Promise<void> {
  const outcome = await runJob(context, `end-${session.id}`, () =>
    context.claviger.sessions.end(session.id),
  );
  if (!outcome) return;
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  await refreshAccount(context, (texts) =>
    texts.sessions.ended(deviceName(session.userAgent, texts)),
  );
  context.focus(domId("sessions-heading"));
}

/** Ends every session but this one. */
export async function endOtherSessions(context: Context): Promise<void> {
  const outcome = await runJob(context, "end-others", () => context.claviger.sessions.endOthers());
  if (!outcome) return;
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  await refreshAccount(context, (texts) => texts.sessions.endedOthers(outcome.value));
  context.focus(domId("sessions-heading"));
}
