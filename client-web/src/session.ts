import type { AccessToken } from "./access-token.js";
import type { TabMessage, Tabs } from "./tabs.js";
import { createTabs } from "./tabs.js";
import { tell } from "./unexpected.js";

/** Whether somebody is signed in here. */
export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "signed-in"; readonly sessionId: string };

/** What happened to the session. */
export type SessionEvent =
  | { readonly kind: "signed-in"; readonly where: "here" | "other-tab" }
  | {
      readonly kind: "signed-out";
      /** `here` and `other-tab`: somebody signed out. `ended`: the server refused the session. */
      readonly cause: "here" | "other-tab" | "ended";
    };

/** The session this tab takes part in, with its access token. */
export interface CurrentSession {
  readonly state: SessionState;
  readonly token: AccessToken | undefined;
  /** Somebody signed in here. */
  signIn(token: AccessToken): void;
  /** The session `follows` goes on with a new token. Without it, whichever session there is. */
  goOn(token: AccessToken, follows?: string): void;
  /** The session is over. Another one than that is left alone. */
  end(sessionId: string | undefined, cause: "here" | "ended"): void;
  /** Drops the access token, if it is this one. */
  drop(token: AccessToken): void;
  /** Resolves at the next message of another tab, or after `timeoutMs`. */
  news(timeoutMs: number): Promise<void>;
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Begins to listen to other tabs. */
  listen(): void;
  close(): void;
}

/** A session that nothing is known of yet. `channel` names what its tabs share; see {@link Tabs}. */
export function createSession(channel: string | undefined): CurrentSession {
  const listeners = new Set<(event: SessionEvent) => void>();
  const waiting = new Set<() => void>();
  let state: SessionState = { kind: "unknown" };
  let token: AccessToken | undefined;
  let closed = false;

  const idOf = () => sessionIdOf(state);
  const emit = (event: SessionEvent) => {
    for (const listener of [...listeners]) tell(listener, event);
  };
  const become = (next: AccessToken | undefined) => {
    if (closed) return;
    token = next;
    state = next ? { kind: "signed-in", sessionId: next.sessionId } : { kind: "signed-out" };
  };
  const replace = (next: AccessToken, where: "here" | "other-tab") => {
    const before = idOf();
    become(next);
    if (before && before !== next.sessionId) emit({ kind: "signed-out", cause: where });
    emit({ kind: "signed-in", where });
  };
  const goOn = (next: AccessToken, follows: string | undefined, where: "here" | "other-tab") => {
    if (state.kind === "unknown" || idOf() === follows) become(next);
    else replace(next, where);
  };
  const leave = (sessionId: string | undefined, cause: "here" | "other-tab" | "ended") => {
    const before = idOf();
    if (before !== sessionId) return;
    become(undefined);
    if (before) emit({ kind: "signed-out", cause });
  };

  const hear = (message: TabMessage) => {
    if (message.kind === "signed-out") {
      if (idOf()) leave(message.sessionId, message.ended ? "ended" : "other-tab");
    } else if (!message.follows) {
      replace(message.token, "other-tab");
    } else if (state.kind === "unknown" || idOf() === message.follows) {
      // A token of another session never takes the place of this one's: it may come late.
      become(message.token);
    }
    for (const wake of waiting) wake();
  };
  const tabs: Tabs = createTabs(channel, hear);

  return {
    get state() {
      return state;
    },
    get token() {
      return token;
    },
    signIn(next) {
      replace(next, "here");
      tabs.tell({ kind: "token", token: next });
    },
    goOn(next, follows = next.sessionId) {
      // The storage that tabs share held another session: somebody else signed in there.
      goOn(next, follows, "other-tab");
      tabs.tell({ kind: "token", token: next, follows });
    },
    end(sessionId, cause) {
      leave(sessionId, cause);
      if (sessionId) tabs.tell({ kind: "signed-out", sessionId, ended: cause === "ended" });
    },
    drop(dropped) {
      if (token === dropped) token = undefined;
    },
    news(timeoutMs) {
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
      });
    },
    subscribe(listener) {
      tabs.open();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listen: tabs.open,
    close() {
      closed = true;
      token = undefined;
      state = { kind: "unknown" };
      listeners.clear();
      tabs.close();
    },
  };
}

/** Which session somebody is signed in with, if anybody is. */
export function sessionIdOf(state: SessionState): string | undefined {
  return state.kind === "signed-in" ? state.sessionId : undefined;
}
