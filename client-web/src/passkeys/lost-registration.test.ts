import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

/** A user who is asked for a new passkey, once `begin` has begun. */
async function adding(server: FakeClaviger, firstByte = 9, flags?: number) {
  const { credentials, signals, page } = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  await claviger.signIn({ username: "anna", password: "right" });
  await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalledOnce());
  vi.clearAllMocks();
  const caller = new AbortController();
  const answer = claviger.passkeys.add({ name: "Key", signal: caller.signal });
  await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
  const touch = () => credentials.requests[0]?.answer(fakeCredential(firstByte, flags));
  return { answer, caller, claviger, signals, page, touch };
}

const unknown = { rpId: "example.com", credentialId: "CQ" };
const method = "FinishRegistration";

describe("a registration whose last call is lost", () => {
  it("is repeated if the call did not arrive", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method, error: networkDown() });
    const { answer, signals, touch } = await adding(server);

    touch();

    expect(await answer).toMatchObject({ ok: true, value: { name: "Key" } });
    expect(server.count(method)).toBe(2);
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it("succeeds if the list shows that the call had arrived", async () => {
    const server = new FakeClaviger();
    server.failures.push(
      { method, error: networkDown(), afterwards: true },
      { method, error: refusal(Code.NotFound, "CEREMONY_NOT_FOUND") },
    );
    const { answer, claviger, signals, touch } = await adding(server, 7);

    touch();

    expect(await answer).toMatchObject({ ok: true, value: { id: "passkey-1" } });
    expect(claviger.hasUsedPasskeyHere).toBe(true);
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it.each([
    ["expired", refusal(Code.NotFound, "CEREMONY_NOT_FOUND")],
    ["refused", refusal(Code.Unauthenticated, "PASSKEY_REFUSED")],
    ["too-many-passkeys", refusal(Code.FailedPrecondition, "PASSKEY_LIMIT_REACHED")],
    ["unavailable", refusal(Code.Unavailable, "DATABASE_UNAVAILABLE")],
  ])("signals a passkey that is not on the list if it ends as %s", async (kind, error) => {
    const server = new FakeClaviger();
    server.failures.push({ method, error });
    const { answer, claviger, signals, touch } = await adding(server);

    touch();

    expect(await answer).toMatchObject({ failure: { kind } });
    await vi.waitFor(() => expect(signals.signalUnknownCredential).toHaveBeenCalledWith(unknown));
    expect(claviger.hasUsedPasskeyHere).toBe(false);
  });

  it("signals a passkey that was refused, also if the list cannot be read", async () => {
    const server = new FakeClaviger();
    const error = refusal(Code.Unauthenticated, "SESSION_ENDED");
    server.failures.push({ method, error }, { method: "ListPasskeys", error });
    const { answer, signals, touch } = await adding(server);

    touch();

    expect(await answer).toMatchObject({ failure: { kind: "signed-out" } });
    await vi.waitFor(() => expect(signals.signalUnknownCredential).toHaveBeenCalledWith(unknown));
  });

  it("leaves a passkey alone that the server knows already", async () => {
    const server = new FakeClaviger();
    const error = refusal(Code.AlreadyExists, "PASSKEY_ALREADY_REGISTERED");
    server.failures.push({ method, error });
    const { answer, signals, touch } = await adding(server);

    touch();

    expect(await answer).toMatchObject({ failure: { kind: "already-registered" } });
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it("signals what the account has once the browser is online again", async () => {
    const server = new FakeClaviger();
    const error = networkDown();
    server.failures.push({ method, error }, { method, error }, { method: "ListPasskeys", error });
    const { answer, page, signals, touch } = await adding(server);
    touch();
    expect(await answer).toMatchObject({ failure: { kind: "offline" } });
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
    expect(signals.signalAllAcceptedCredentials).not.toHaveBeenCalled();

    page.dispatchEvent(new Event("online"));

    await vi.waitFor(() => expect(signals.signalAllAcceptedCredentials).toHaveBeenCalledOnce());
  });

  it("signals a passkey that an authenticator created after the user had cancelled", async () => {
    const server = new FakeClaviger();
    const { answer, caller, signals, touch } = await adding(server);

    // Browser extensions may not notice the abort.
    touch();
    caller.abort();

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    await vi.waitFor(() => expect(signals.signalUnknownCredential).toHaveBeenCalledWith(unknown));
    expect(server.count(method)).toBe(0);
  });
});

describe("a passkey whose authenticator says", () => {
  it("that it did not verify its user, is refused before the call and signalled", async () => {
    const server = new FakeClaviger();
    const { answer, signals, touch } = await adding(server, 9, 0x41);

    touch();

    expect(await answer).toMatchObject({ failure: { kind: "unverified" } });
    expect(server.count(method)).toBe(0);
    expect(signals.signalUnknownCredential).toHaveBeenCalledWith(unknown);
  });

  it("that it verified its user, is added", async () => {
    const { answer, touch } = await adding(new FakeClaviger(), 9, 0x45);

    touch();

    expect(await answer).toMatchObject({ ok: true });
  });
});
