import { expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { answer } from "./question.js";
import { reauthenticateWithPassword, withReauthentication } from "./reauthenticate.js";

const tooOld = failed({ kind: "reauthentication-required" });

test("a job is repeated after the user reauthenticated", async () => {
  const context = fakeContext();
  const job = vi.fn().mockResolvedValueOnce(tooOld).mockResolvedValueOnce(success("done"));

  const outcome = withReauthentication(context, job);
  await vi.waitUntil(() => context.state.question?.kind === "reauthenticate");
  answer(context, true);

  expect(await outcome).toEqual(success("done"));
  expect(context.state.question).toBeUndefined();
});

test("a job fails if the user does not reauthenticate", async () => {
  const context = fakeContext();
  const job = vi.fn().mockResolvedValue(tooOld);

  const outcome = withReauthentication(context, job);
  await vi.waitUntil(() => context.state.question !== undefined);
  answer(context, false);

  expect(await outcome).toEqual(tooOld);
  expect(job).toHaveBeenCalledOnce();
});

test("the user is not asked to reauthenticate without need", async () => {
  const context = fakeContext();

  const outcome = await withReauthentication(context, async () => failed({ kind: "offline" }));

  expect(outcome).toEqual(failed({ kind: "offline" }));
  expect(context.state.question).toBeUndefined();
});

test("a wrong password is shown beside its field, and the question stays open", async () => {
  const reauthenticate = async () => failed({ kind: "denied" });
  const context = fakeContext({ question: { kind: "reauthenticate" } }, { reauthenticate });
  const form = new FormData();
  form.set("password", "not this one");

  await reauthenticateWithPassword(context, form);

  expect(context.state.problems).toMatchObject([{ field: "password", reason: "WRONG" }]);
  expect(context.state.question?.kind).toBe("reauthenticate");
});

test("a response after the dialog was closed has no effect", async () => {
  let respond: (outcome: Outcome<void>) => void = () => {};
  const reauthenticate = () =>
    new Promise<Outcome<void>>((resolve) => {
      respond = resolve;
    });
  const context = fakeContext({ question: { kind: "reauthenticate" } }, { reauthenticate });
  const form = new FormData();
  form.set("password", "not this one");

  const pending = reauthenticateWithPassword(context, form);
  answer(context, false);
  context.update({
    notice: { tone: "neutral", text: (texts) => texts.reauthentication.notProved },
  });
  respond(failed({ kind: "denied" }));
  await pending;

  expect(context.state.problems).toEqual([]);
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.reauthentication.notProved);
});
