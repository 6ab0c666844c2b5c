import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { Failure } from "../outcome/failure.js";

const cancelled = { ok: false, failure: { kind: "cancelled" } };

/** A page that offers passkeys in autofill. */
async function offering() {
  const { credentials, page } = fakeBrowser();
  const server = new FakeClaviger();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  const caller = new AbortController();
  const failures: Failure[] = [];
  const answer = claviger.signInWithPasskey({
    autofill: true,
    signal: caller.signal,
    onFailure: (failure) => failures.push(failure),
  });
  /** The request of the browser with this number, as soon as there is one. */
  const offer = async (number: number) => {
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(number));
    return credentials.requests[number - 1] as (typeof credentials.requests)[0];
  };
  await offer(1);
  return { answer, caller, claviger, credentials, failures, offer, page, server };
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("autofill", () => {
  it("signs in the user who accepts the offer", async () => {
    const { answer, offer } = await offering();

    const { request, answer: take } = await offer(1);
    take(fakeCredential(7));

    expect(request.mediation).toBe("conditional");
    expect(await answer).toMatchObject({ ok: true, value: { account: { username: "anna" } } });
  });

  it("is renewed shortly before the challenge expires", async () => {
    const { offer, caller, answer } = await offering();
    const { request } = await offer(1);

    vi.advanceTimersByTime(271_000);
    await offer(2);

    expect(request.signal?.aborted).toBe(true);
    caller.abort();
    expect(await answer).toEqual(cancelled);
  });

  it("is renewed when the page returns from the back/forward cache, but not after a load", async () => {
    const { offer, page, credentials, caller } = await offering();

    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    await vi.advanceTimersByTimeAsync(100);
    const early = credentials.requests.length;
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await offer(2);

    expect(early).toBe(1);
    caller.abort();
  });

  it("is renewed after a refusal, which is reported", async () => {
    const { offer, failures, caller } = await offering();

    (await offer(1)).answer(fakeCredential(251));
    await offer(2);

    expect(failures).toMatchObject([{ kind: "no-passkey" }]);
    caller.abort();
  });

  it("is renewed after the user dismissed it, which is not reported", async () => {
    const { offer, failures, caller } = await offering();

    (await offer(1)).refuse(new DOMException("no", "NotAllowedError"));
    await offer(2);

    expect(failures).toEqual([]);
    caller.abort();
  });

  it("is renewed with growing waits in a browser that refuses immediately", async () => {
    const { offer, credentials, caller } = await offering();
    const began = Date.now();
    const waits: number[] = [];

    for (let number = 1; number <= 4; number += 1) {
      (await offer(number)).refuse(new DOMException("no", "UnknownError"));
      const before = Date.now();
      while (credentials.requests.length === number) await vi.advanceTimersByTimeAsync(100);
      waits.push(Date.now() - before);
    }

    expect(waits.map((wait) => Math.floor(wait / 1000))).toEqual([1, 2, 4, 8]);
    expect(Date.now() - began).toBeLessThan(20_000);
    caller.abort();
  });

  it("waits as long as the server requests", async () => {
    const { offer, server, credentials, failures, caller } = await offering();
    const retry = { retryDelay: { seconds: 30n } };
    const error = refusal(Code.ResourceExhausted, "TOO_MANY_CEREMONIES", { retry });
    server.failures.push({ method: "StartAuthentication", error });

    (await offer(1)).refuse(new DOMException("no", "NotAllowedError"));
    await vi.advanceTimersByTimeAsync(5_000);
    const early = credentials.requests.length;
    await vi.advanceTimersByTimeAsync(30_000);
    await offer(2);

    expect(early).toBe(1);
    expect(failures).toMatchObject([{ kind: "throttled", seconds: 30 }]);
    caller.abort();
  });

  it("is renewed when the network is back", async () => {
    const { offer, server, failures, caller } = await offering();
    server.failures.push({ method: "StartAuthentication", error: networkDown() });

    (await offer(1)).refuse(new DOMException("no", "NotAllowedError"));
    await vi.advanceTimersByTimeAsync(5_000);
    await offer(2);

    expect(failures).toMatchObject([{ kind: "offline" }]);
    caller.abort();
  });

  it("is interrupted by another ceremony, and renewed when that one was cancelled", async () => {
    const { claviger, offer, credentials, caller } = await offering();
    const button = new AbortController();

    const other = claviger.signInWithPasskey({ signal: button.signal });
    const { request } = await offer(2);
    await vi.advanceTimersByTimeAsync(5_000);
    const meanwhile = credentials.requests.length;
    button.abort();
    await offer(3);

    expect(await other).toEqual(cancelled);
    expect([request.mediation, meanwhile]).toEqual([undefined, 2]);
    caller.abort();
  });

  it("ends when the user signs in with a password", async () => {
    const { answer, claviger, credentials } = await offering();

    await claviger.signIn({ username: "anna", password: "right" });

    expect(await answer).toEqual(cancelled);
    expect(credentials.requests[0]?.request.signal?.aborted).toBe(true);
  });

  it("ends when the client is closed", async () => {
    const { answer, claviger } = await offering();

    claviger.close();

    expect(await answer).toEqual(cancelled);
  });

  it("ends when another part of the page starts it", async () => {
    const { answer, claviger, offer, caller } = await offering();
    const next = new AbortController();

    const other = claviger.signInWithPasskey({ autofill: true, signal: next.signal });

    expect(await answer).toEqual(cancelled);
    await offer(2);
    next.abort();
    expect(await other).toEqual(cancelled);
    expect(caller.signal.aborted).toBe(false);
  });

  it("is not offered in a browser without passkeys in autofill", async () => {
    fakeBrowser({ capabilities: { conditionalGet: false } });
    const server = new FakeClaviger();
    const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });

    const answer = await claviger.signInWithPasskey({ autofill: true });

    expect(answer).toEqual({ ok: false, failure: { kind: "unsupported" } });
    expect(server.calls).toEqual([]);
  });
});
