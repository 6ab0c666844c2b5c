import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

const registration = { username: "anna", password: "right", displayName: "Anna" };

function stranger(server: FakeClaviger) {
  fakeBrowser();
  return createClaviger({ transport: server.transport(), tokenStorage: "memory" });
}

describe("register", () => {
  it("creates an account and signs it in", async () => {
    const anna = stranger(new FakeClaviger());

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({
      ok: true,
      value: { account: { username: "anna" }, suggestPasskey: true },
    });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
  });

  it("is repeated with the same request id if no response arrived", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method: "Register", error: networkDown(), afterwards: true });
    const anna = stranger(server);

    const answer = await anna.register(registration);

    const [first, second] = server.requestIds;
    expect(answer.ok).toBe(true);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
  });

  it("shows what an invitation is for, and uses it", async () => {
    const server = new FakeClaviger();
    server.invitation = "clv_iv_anna";
    const anna = stranger(server);

    const invitation = await anna.invitation("clv_iv_anna");
    const answer = await anna.register({ ...registration, invitation: "clv_iv_anna" });

    expect(invitation).toMatchObject({ value: { username: "anna", displayName: "Anna" } });
    expect(answer.ok).toBe(true);
    expect(server.invitations).toEqual(["clv_iv_anna", "clv_iv_anna"]);
  });

  it("fails as not-invited with an invitation that is not valid", async () => {
    const anna = stranger(new FakeClaviger());

    const invitation = await anna.invitation("clv_iv_used");
    const answer = await anna.register({ ...registration, invitation: "clv_iv_used" });

    const failure = { kind: "not-invited", reason: "INVITATION_INVALID" };
    expect(invitation).toMatchObject({ failure });
    expect(answer).toMatchObject({ failure });
    expect(anna.state.kind).not.toBe("signed-in");
  });

  it("fails as closed if the server lets no one register", async () => {
    const server = new FakeClaviger();
    const error = refusal(Code.PermissionDenied, "REGISTRATION_CLOSED");
    server.failures.push({ method: "Register", error });
    const anna = stranger(server);

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({ failure: { kind: "closed", reason: "REGISTRATION_CLOSED" } });
    expect(server.count("Register")).toBe(1);
  });

  it("is tried at most twice", async () => {
    const server = new FakeClaviger();
    const error = networkDown();
    server.failures.push({ method: "Register", error }, { method: "Register", error });
    const anna = stranger(server);

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({ failure: { kind: "offline" } });
    expect(server.count("Register")).toBe(2);
  });

  it("is tried once in a browser that creates no request ids", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method: "Register", error: networkDown() });
    const anna = stranger(server);
    vi.stubGlobal("crypto", {});

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({ failure: { kind: "offline" } });
    expect(server.count("Register")).toBe(1);
  });
});
