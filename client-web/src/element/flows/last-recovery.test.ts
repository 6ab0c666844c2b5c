import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AccountSchema } from "../../gen/claviger/v1/resources_pb.js";
import { en } from "../languages/en.js";
import { markRecoverySeen, unseenRecovery } from "./last-recovery.js";

const DAY_MS = 86_400_000;
const at = Date.UTC(2026, 10, 1);

function recovered(time = at) {
  const lastRecoveryTime = { seconds: BigInt(time / 1000), nanos: 0 };
  return create(AccountSchema, { id: "anna", lastRecoveryTime });
}

beforeEach(() => {
  const stored = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
});

afterEach(() => vi.unstubAllGlobals());

test("a recovery is shown once", () => {
  expect(unseenRecovery(recovered(), at + DAY_MS)?.text(en)).toContain("was recovered");
  expect(unseenRecovery(recovered(), at + DAY_MS)).toBeUndefined();
});

test("another one is shown again", () => {
  unseenRecovery(recovered(), at + DAY_MS);

  expect(unseenRecovery(recovered(at + DAY_MS), at + DAY_MS)).toBeDefined();
});

test("one's own is not shown", () => {
  markRecoverySeen(recovered());

  expect(unseenRecovery(recovered(), at + DAY_MS)).toBeUndefined();
});

test("it is shown each time without storage", () => {
  vi.stubGlobal("localStorage", undefined);

  expect(unseenRecovery(recovered(), at)).toBeDefined();
  expect(unseenRecovery(recovered(), at)).toBeDefined();
});

test("it is shown for thirty days", () => {
  expect(unseenRecovery(create(AccountSchema), at)).toBeUndefined();
  expect(unseenRecovery(recovered(), at + 30 * DAY_MS)).toBeUndefined();
  expect(unseenRecovery(recovered(), at + 29 * DAY_MS)).toBeDefined();
});
