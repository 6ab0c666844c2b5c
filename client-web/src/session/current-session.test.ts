import { afterEach, describe, expect, it, vi } from "vitest";
import type { AccessToken } from "./access-token.js";
import { CurrentSession, type SessionEvent } from "./current-session.js";

const token = (sessionId: string, value = sessionId): AccessToken => ({
  value,
  sessionId,
  expiresMs: 0,
  receivedMs: 0,
});

const open: CurrentSession[] = [];
let channels = 0;

/** Two tabs, with the events of each. */
function tabs() {
  channels += 1;
  const tab = () => {
    const session = new CurrentSession(`test-${channels}`);
    const events: SessionEvent[] = [];
    session.subscribe((event) => events.push(event));
    open.push(session);
    return { session, events };
  };
  return [tab(), tab()] as const;
}

/** Lets every message that was sent arrive: channels keep their order. */
async function delivered(): Promise<void> {
  const name = `delivered-${channels}`;
  const [sender, receiver] = [new BroadcastChannel(name), new BroadcastChannel(name)];
  await new Promise((resolve) => {
    receiver.onmessage = resolve;
    sender.postMessage("");
  });
  sender.close();
  receiver.close();
}

afterEach(() => {
  for (const session of open.splice(0)) session.close();
  vi.unstubAllGlobals();
});

describe("CurrentSession", () => {
  it("is that of its tab alone where the browser forbids channels", () => {
    const forbidden = () => {
      throw new DOMException("no", "SecurityError");
    };
    vi.stubGlobal("BroadcastChannel", vi.fn(forbidden));
    const [anna, other] = tabs();

    anna.session.signIn(token("one"));

    expect(anna.events).toEqual([{ kind: "signed-in", where: "here" }]);
    expect(other.session.state).toEqual({ kind: "unknown" });
  });

  it("notifies other tabs of a sign-in, and shares the token", async () => {
    const [anna, other] = tabs();

    anna.session.signIn(token("one"));
    await delivered();

    expect(anna.events).toEqual([{ kind: "signed-in", where: "here" }]);
    expect(other.events).toEqual([{ kind: "signed-in", where: "other-tab" }]);
    expect(other.session.state).toEqual({ kind: "signed-in", sessionId: "one" });
    expect(other.session.token).toEqual(token("one"));
  });

  it.each([
    ["here", "other-tab"],
    ["ended", "ended"],
  ] as const)("notifies other tabs of the end of a session: %s", async (cause, there) => {
    const [anna, other] = tabs();
    anna.session.signIn(token("one"));

    anna.session.end("one", cause);
    await delivered();

    expect(anna.events.at(-1)).toEqual({ kind: "signed-out", cause });
    expect(other.events.at(-1)).toEqual({ kind: "signed-out", cause: there });
    expect([anna.session.token, other.session.token]).toEqual([undefined, undefined]);
  });

  it("shares a new token of the same session without an event", async () => {
    const [anna, other] = tabs();
    anna.session.signIn(token("one"));
    await delivered();
    const before = other.events.length;

    anna.session.continueWith(token("one", "newer"));
    await delivered();

    expect(other.events).toHaveLength(before);
    expect(other.session.token?.value).toBe("newer");
  });

  it("continues in every tab when a change of password replaced the session", async () => {
    const [anna, other] = tabs();
    anna.session.signIn(token("one"));
    await delivered();
    const before = other.events.length;

    anna.session.continueWith(token("two"), "one");
    await delivered();

    expect(other.events).toHaveLength(before);
    expect(other.session.state).toEqual({ kind: "signed-in", sessionId: "two" });
  });

  it("never replaces a session's token by a late token of another", async () => {
    const [anna, other] = tabs();
    other.session.signIn(token("two"));
    await delivered();
    anna.session.end("two", "here");
    await delivered();
    other.session.signIn(token("three"));

    const late = new CurrentSession(`test-${channels}`);
    open.push(late);
    late.continueWith(token("two", "late"));
    await delivered();

    expect(other.session.token?.value).toBe("three");
  });

  it("does not sign out when another session ends", async () => {
    const [anna, other] = tabs();
    anna.session.signIn(token("two"));
    await delivered();

    other.session.end("one", "ended");
    await delivered();

    expect(anna.session.state).toEqual({ kind: "signed-in", sessionId: "two" });
  });

  it("signs one user out when another signs in", async () => {
    const [anna, other] = tabs();
    anna.session.signIn(token("one"));
    await delivered();

    other.session.signIn(token("two"));
    await delivered();

    expect(anna.events.slice(1)).toEqual([
      { kind: "signed-out", cause: "other-tab" },
      { kind: "signed-in", where: "other-tab" },
    ]);
  });

  it("notifies every listener even if one throws", async () => {
    const [anna] = tabs();
    const errors: unknown[] = [];
    process.once("uncaughtException", (error) => errors.push(error));
    const session = new CurrentSession(undefined);
    session.subscribe(() => {
      throw new Error("listener");
    });
    const events: SessionEvent[] = [];
    session.subscribe((event) => events.push(event));

    session.signIn(token("one"));
    await delivered();

    expect(events).toHaveLength(1);
    expect(errors).toMatchObject([{ message: "listener" }]);
    expect(anna.events).toEqual([]);
  });

  it("does not notify a listener that unsubscribed", () => {
    const session = new CurrentSession(undefined);
    const events: SessionEvent[] = [];
    const stop = session.subscribe((event) => events.push(event));

    stop();
    session.signIn(token("one"));

    expect(events).toEqual([]);
  });

  it("clears everything at close(), and ignores what comes later", () => {
    const session = new CurrentSession("test-closed");
    session.signIn(token("one"));

    session.close();
    session.continueWith(token("one", "late"));
    session.end("one", "ended");

    expect([session.state.kind, session.token]).toEqual(["unknown", undefined]);
  });
});
