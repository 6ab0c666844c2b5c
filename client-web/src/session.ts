import type { AccessToken } from "./access-token.js";
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
  /** The session `follows`, by default the token's own, goes on with a new token. */
  goOn(token: AccessToken, follows?: string): void;
  /** The session is over. Another one than that is left alone. */
  end(sessionId: string | undefined, cause: "here" | "ended"): void;
  /** Drops the access token, if it is this one. */
  drop(token: AccessToken): void;
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Begins to listen to other tabs. */
  listen(): void;
  close(): void;
}

/** What one tab tells the others. */
type Message =
  /** Somebody signed in, or the session `follows` goes on. */
  | { readonly token: AccessToken; readonly follows?: string }
  | { readonly over: string; readonly cause: "here" | "ended" };

/**
 * A session that nothing is known of yet. Tabs tell each other of it by a BroadcastChannel, which
 * only pages of the same origin hear; without a name for it this tab is on its own.
 */
export function createSession(channelName: string | undefined): CurrentSession {
  const listeners = new Set<(event: SessionEvent) => void>();
  let channel: BroadcastChannel | undefined;
  let state: SessionState = { kind: "unknown" };
  let token: AccessToken | undefined;
  let closed = false;

  const listen = () => {
    if (!channelName || channel || closed || typeof BroadcastChannel === "undefined") return;
    channel = new BroadcastChannel(channelName);
    channel.onmessage = ({ data }: MessageEvent<Message>) => hear(data);
  };
  const post = (message: Message) => {
    listen();
    channel?.postMessage(message);
  };
  const emit = (event: SessionEvent) => {
    for (const listener of [...listeners]) tell(listener, event);
  };
  const become = (next?: AccessToken) => {
    if (closed) return;
    token = next;
    state = next ? { kind: "signed-in", sessionId: next.sessionId } : { kind: "signed-out" };
  };
  const signIn = (next: AccessToken, where: "here" | "other-tab") => {
    const before = sessionIdOf(state);
    become(next);
    if (before && before !== next.sessionId) emit({ kind: "signed-out", cause: where });
    emit({ kind: "signed-in", where });
  };
  /** Whether a token that follows a session has its place here. */
  const isNext = (follows: string) => state.kind === "unknown" || sessionIdOf(state) === follows;
  const end = (sessionId: string | undefined, cause: "here" | "other-tab" | "ended") => {
    if (sessionIdOf(state) !== sessionId) return;
    become();
    if (sessionId) emit({ kind: "signed-out", cause });
  };
  const hear = (message: Message) => {
    if ("over" in message) end(message.over, message.cause === "here" ? "other-tab" : "ended");
    else if (!message.follows) signIn(message.token, "other-tab");
    // One that comes late never takes the place of another session's.
    else if (isNext(message.follows)) become(message.token);
  };

  return {
    get state() {
      return state;
    },
    get token() {
      return token;
    },
    signIn(next) {
      signIn(next, "here");
      post({ token: next });
    },
    goOn(next, follows = next.sessionId) {
      if (isNext(follows)) become(next);
      // The storage that tabs share holds another session: somebody signed in there unheard.
      else signIn(next, "other-tab");
      post({ token: next, follows });
    },
    end(sessionId, cause) {
      end(sessionId, cause);
      if (sessionId) post({ over: sessionId, cause });
    },
    drop(dropped) {
      if (token === dropped) token = undefined;
    },
    subscribe(listener) {
      listen();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listen,
    close() {
      closed = true;
      token = undefined;
      state = { kind: "unknown" };
      listeners.clear();
      channel?.close();
    },
  };
}

/** Which session somebody is signed in with, if anybody is. */
export function sessionIdOf(state: SessionState): string | undefined {
  return state.kind === "signed-in" ? state.sessionId : undefined;
}
