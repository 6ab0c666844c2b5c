import type { Activity, ActivityPage } from "../../account/activity.js";
import type { Outcome } from "../../outcome/outcome.js";
import { sessionIdOf } from "../../session/current-session.js";
import { type Context, domId } from "../context.js";
import type { State } from "../state.js";
import { runJob, showFailure } from "./run-job.js";

type Loaded = Pick<State, "activity" | "nextActivity">;

/** The newest page of the activity, and what was loaded before if it follows without a gap. */
export function withNewest(
  { activity = [], nextActivity }: Loaded,
  newest: Outcome<ActivityPage>,
): Loaded {
  if (!newest.ok) return { activity: undefined, nextActivity: "" };
  const page = newest.value;
  const last = page.activity.at(-1)?.id;
  // Never so for another user, whose events have other ids.
  const at = activity.findIndex(({ id }) => id === last);
  if (at < 0) return { activity: page.activity, nextActivity: page.nextPageToken };
  return { activity: [...page.activity, ...activity.slice(at + 1)], nextActivity };
}

/** Loads the next page of the activity, or the first one if that failed before. */
export async function showMoreActivity(context: Context): Promise<void> {
  const { claviger } = context;
  const { activity, nextActivity } = context.state;
  const sessionId = sessionIdOf(claviger.state);
  const outcome = await runJob(context, "more-activity", () =>
    claviger.account.activity({ pageToken: nextActivity }),
  );
  // Another user may have signed in meanwhile, or the list was reloaded.
  if (!outcome || sessionIdOf(claviger.state) !== sessionId) return;
  if (context.state.activity !== activity) return;
  if (!outcome.ok) {
    return showFailure(context, outcome.failure, () => void showMoreActivity(context));
  }
  const page = outcome.value;
  context.update({
    activity: [...(activity ?? []), ...page.activity],
    nextActivity: page.nextPageToken,
    now: Date.now(),
  });
  const first = activity && page.activity[0];
  context.focus(first ? eventId(first) : domId("activity-heading"));
}

/** The DOM id of an event's sentence. */
export function eventId({ id }: Activity): string {
  return domId(`event-${id}`);
}
