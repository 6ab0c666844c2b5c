import { create, isMessage } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";
import { AccountSchema, ActivitySchema } from "../gen/claviger/v1/resources_pb.js";

const TIME = "2026-05-03T14:05:06.007Z";

async function signedIn() {
  fakeBrowser();
  const server = new FakeClaviger();
  server.createTime = timestampFromMs(Date.parse(TIME));
  server.activity = [create(ActivitySchema, { kind: "sign_in", occurTime: server.createTime })];
  const anna = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  const signIn = await anna.signIn({ username: "anna", password: "right" });
  return { anna, signIn };
}

describe("JSON.stringify", () => {
  it("writes what operations return, with times as in ISO 8601", async () => {
    const { anna, signIn } = await signedIn();

    const json = JSON.stringify([
      signIn,
      await anna.account.get(),
      await anna.account.activity(),
      await anna.passkeys.list(),
      await anna.sessions.list(),
      await anna.serverInfo(),
    ]);

    const [first, account, activity] = JSON.parse(json);
    expect(first.value.account.createTime).toBe(TIME);
    expect(account.value.createTime).toBe(TIME);
    expect(activity.value.activity[0].occurTime).toBe(TIME);
  });

  it("leaves the messages as they are, also to copies", async () => {
    const { anna } = await signedIn();

    const account = await anna.account.get();

    const value = account.ok ? account.value : undefined;
    expect(isMessage(value, AccountSchema)).toBe(true);
    expect(value?.createTime?.seconds).toBe(BigInt(Math.floor(Date.parse(TIME) / 1000)));
    expect(Object.keys(value?.createTime ?? {})).not.toContain("toJSON");
    expect(structuredClone(value)).toEqual(value);
  });
});
