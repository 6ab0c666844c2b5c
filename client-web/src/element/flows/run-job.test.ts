import { expect, test } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { runJob, showFailure } from "./run-job.js";
import { showSignUp } from "./screens.js";

test("a second press has no effect while the first job runs", async () => {
  const context = fakeContext();
  let finish: (outcome: Outcome<string>) => void = () => {};
  const slow = new Promise<Outcome<string>>((resolve) => {
    finish = resolve;
  });

  const first = runJob(context, "sign-in", () => slow);
  const second = await runJob(context, "sign-in", async () => success("twice"));
  finish(success("once"));

  expect(second).toBeUndefined();
  expect(await first).toEqual(success("once"));
  expect(context.state.busy).toBeUndefined();
});

test("the outcome of a job is not shown on another screen", async () => {
  const context = fakeContext({ screen: "sign-in" });

  const outcome = await runJob(context, "sign-in", async () => {
    showSignUp(context);
    return failed({ kind: "denied" });
  });

  expect(outcome).toBeUndefined();
  expect(context.state.screen).toBe("sign-up");
});

test("a job hides passwords and the last notice", async () => {
  const context = fakeContext({ revealed: true });
  showFailure(context, { kind: "denied" });

  await runJob(context, "sign-in", async () => success(undefined));

  expect(context.state).toMatchObject({ revealed: false, notice: undefined, problems: [] });
});

test("fields that violate rules are marked, and no alert repeats them", () => {
  const context = fakeContext();
  const fields = [{ field: "new_password", reason: "TOO_SHORT", description: "" }];

  showFailure(context, { kind: "invalid", fields });

  expect(context.state.problems).toEqual(fields);
  expect(context.state.notice).toBeUndefined();
});

test("a violation of a field without a form is shown as a general failure", () => {
  const context = fakeContext();

  showFailure(context, {
    kind: "invalid",
    fields: [{ field: "request_id", reason: "MALFORMED", description: "" }],
  });

  expect(context.state.problems).toEqual([]);
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures.invalid);
});
