import { expect, test } from "vitest";
import type { FailureKind } from "../../outcome/failure.js";
import { de } from "../languages/de.js";
import { en } from "../languages/en.js";
import { failureNotice } from "./failure-notice.js";

const NOW = 1_000_000;

test.each(Object.keys(en.failures) as FailureKind[])("%s has a text in both languages", (kind) => {
  const failure = { kind, seconds: 3, fields: [] } as Parameters<typeof failureNotice>[0];

  const all = [en, de].map((texts) => failureNotice(failure, NOW).text(texts));

  expect(all.every((it) => /^\p{Lu}.{15,}\.$/su.test(it))).toBe(true);
  expect(new Set(all).size).toBe(2);
});

test("cancelling is not shown as an error", () => {
  expect(failureNotice({ kind: "cancelled" }, NOW).tone).toBe("neutral");
});

test("a throttled failure contains the end of the wait", () => {
  expect(failureNotice({ kind: "throttled", seconds: 30 }, NOW).until).toBe(NOW + 30_000);
});

test("an internal error contains its request id, and a wrong password does not", () => {
  const internal = failureNotice({ kind: "failed", requestId: "r-1" }, NOW);
  const wrong = failureNotice({ kind: "denied", requestId: "r-2" }, NOW);

  expect([internal.requestId, wrong.requestId]).toEqual(["r-1", undefined]);
});

test("trying again is offered where it helps", () => {
  const retry = () => {};

  const offered = (["offline", "denied"] as const).map(
    (kind) => failureNotice({ kind }, NOW, retry).retry === retry,
  );

  expect(offered).toEqual([true, false]);
});
