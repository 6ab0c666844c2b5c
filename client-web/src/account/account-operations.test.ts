import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";
import { ActivityActor, ActivitySchema } from "../gen/claviger/v1/resources_pb.js";
import type { Outcome } from "../outcome/outcome.js";

async function signedIn(server: FakeClaviger) {
  const browser = fakeBrowser();
  const anna = createClaviger({ transport: server.transport() });
  await anna.signIn({ username: "anna", password: "right" });
  return { anna, browser };
}

function required<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.kind);
  return outcome.value;
}

describe("account", () => {
  it("removes the password", async () => {
    const { anna } = await signedIn(new FakeClaviger());

    expect(await anna.account.removePassword()).toEqual({ ok: true, value: undefined });
    anna.close();
  });

  it("lists its activity page by page, and the newest events first by default", async () => {
    const server = new FakeClaviger();
    const kinds = ["sign_in", "a_kind_of_a_later_version", "account_registered"];
    server.activity = kinds.map((kind) =>
      create(ActivitySchema, { kind, actor: ActivityActor.ACCOUNT }),
    );
    const { anna } = await signedIn(server);

    const first = required(await anna.account.activity({ pageSize: 2 }));
    const last = required(await anna.account.activity({ pageToken: first.nextPageToken }));
    const all = required(await anna.account.activity());

    expect(first.activity.map(({ kind }) => kind)).toEqual(kinds.slice(0, 2));
    expect(last.activity.map(({ kind }) => kind)).toEqual(kinds.slice(2));
    expect([first.nextPageToken, last.nextPageToken]).toEqual(["2", ""]);
    expect(all.activity.map(({ actor }) => actor)).toEqual(kinds.map(() => ActivityActor.ACCOUNT));
    anna.close();
  });

  it("has no activity to list after a sign-out", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    await anna.signOut();

    expect(await anna.account.activity()).toEqual({ ok: false, failure: { kind: "signed-out" } });
    expect(server.count("ListActivity")).toBe(0);
    anna.close();
  });

  it("is deleted with its cookie and its passkeys", async () => {
    const server = new FakeClaviger();
    const { anna, browser } = await signedIn(server);

    const answer = await anna.account.delete();

    expect(answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-out" });
    expect(server.cookie).toBe("");
    expect(browser.signals.signalAllAcceptedCredentials).toHaveBeenCalledWith({
      rpId: "example.com",
      userId: "_w",
      allAcceptedCredentialIds: [],
    });
    anna.close();
  });
});
