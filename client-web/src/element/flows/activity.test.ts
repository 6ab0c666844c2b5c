import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { ActivityPage } from "../../account/activity.js";
import type { Claviger } from "../../claviger.js";
import { ActivitySchema } from "../../gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import type { SessionState } from "../../session/current-session.js";
import type { State } from "../state.js";
import { showMoreActivity, withNewest } from "./activity.js";

const offline = failed({ kind: "offline" });

function events(...ids: string[]) {
  return ids.map((id) => create(ActivitySchema, { id }));
}

function page(ids: string[], nextPageToken = ""): Outcome<ActivityPage> {
  return success({ activity: events(...ids), nextPageToken });
}

/** A page that shows `change`, whose client responds with these pages. */
function shown(change: Partial<State>, ...pages: Outcome<ActivityPage>[]) {
  const tokens: (string | undefined)[] = [];
  const client = {
    state: { kind: "signed-in", sessionId: "anna's" } as SessionState,
    account: {
      async activity({ pageToken }: { pageToken?: string }) {
        tokens.push(pageToken);
        return pages.shift() ?? offline;
      },
    },
  };
  const context = fakeContext(change, client as unknown as Claviger);
  return { client, context, focus: vi.spyOn(context, "focus"), tokens };
}

function ids({ activity }: Pick<State, "activity">): string[] | undefined {
  return activity?.map(({ id }) => id);
}

beforeEach(() => {
  vi.stubGlobal("document", { activeElement: null });
  return () => vi.unstubAllGlobals();
});

test("what was loaded before stays if it follows the newest page without a gap", () => {
  const before = { activity: events("3", "2", "1"), nextActivity: "after 1" };

  const now = withNewest(before, page(["4", "3"], "after 3"));

  expect(ids(now)).toEqual(["4", "3", "2", "1"]);
  expect(now.nextActivity).toBe("after 1");
});

test("what was loaded before is dropped if there is a gap, or if it is of another user", () => {
  const before = { activity: events("3", "2", "1"), nextActivity: "after 1" };

  const now = withNewest(before, page(["9", "8"], "after 8"));

  expect(ids(now)).toEqual(["9", "8"]);
  expect(now.nextActivity).toBe("after 8");
});

test("nothing is shown as the activity if it could not be loaded", () => {
  const before = { activity: events("1"), nextActivity: "after 1" };

  expect(withNewest(before, offline)).toEqual({ activity: undefined, nextActivity: "" });
});

test("the next page is added, and its first event gets the focus", async () => {
  const before = { activity: events("4", "3"), nextActivity: "after 3" };
  const { context, focus, tokens } = shown(before, page(["2", "1"]));

  await showMoreActivity(context);

  expect(tokens).toEqual(["after 3"]);
  expect(ids(context.state)).toEqual(["4", "3", "2", "1"]);
  expect(context.state.nextActivity).toBe("");
  expect(focus).toHaveBeenLastCalledWith("claviger-event-2");
});

test("a first page that could not be loaded is loaded again", async () => {
  const { context, focus, tokens } = shown({ activity: undefined }, page(["1"]));

  await showMoreActivity(context);

  expect(tokens).toEqual([""]);
  expect(ids(context.state)).toEqual(["1"]);
  expect(focus).toHaveBeenLastCalledWith("claviger-activity-heading");
});

test("a failure is shown and can be retried, and what was loaded stays", async () => {
  const before = { activity: events("2"), nextActivity: "after 2" };
  const { context } = shown(before, offline, page(["1"]));

  await showMoreActivity(context);
  const { notice } = context.state;
  const kept = ids(context.state);
  notice?.retry?.();
  await vi.waitFor(() => expect(ids(context.state)).toEqual(["2", "1"]));

  expect(notice?.tone).toBe("error");
  expect(kept).toEqual(["2"]);
});

test("a page that was requested for one user is not shown to another", async () => {
  const before = { activity: events("2"), nextActivity: "after 2" };
  const { client, context } = shown(before, page(["1"]));

  const more = showMoreActivity(context);
  client.state = { kind: "signed-in", sessionId: "berta's" };
  await more;

  expect(ids(context.state)).toEqual(["2"]);
});
