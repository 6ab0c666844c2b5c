import { notifyListener } from "../notify-listener.js";
import { tryOrUndefined } from "../try-or-undefined.js";
import type { AccessToken } from "./access-token.js";

/** Whether a user is signed in on this page. */
export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "signed-in"; readonly sessionId: string };

/** A sign-in or a sign-out, or that one of them became known. */
export type SessionEvent =
  | {
      readonly kind: "signed-in";
      /** `here`, `other-tab`: the user signed in there. `restored`: before this page was loaded. */
      readonly where: "here" | "other-tab" | "restored";
    }
  | {
      readonly kind: "signed-out";
      /**
       * `here`, `other-tab`: the user signed out there. `ended`: the server refused the session.
       * `nothing-restored`: there was no session when the page was loaded, or not any more.
       */
      readonly cause: "here" | "other-tab" | "ended" | "nothing-restored";
    };

/** A message from one tab to the others. */
type Message =
  /** A sign-in, or with `previousSessionId` a new token for that session. */
  | { readonly token: AccessToken; readonly previousSessionId?: string }
  | { readonly endedSessionId: string; readonly cause: "here" | "ended" };

/**
 * The session that this tab shares with others, and its access token. The state is unknown at first.
 *
 * Tabs notify each other over a BroadcastChannel, which reaches only pages of the same origin.
 * Without a channel name this tab has a session of its own.
 */
export class CurrentSession {
  readonly #channelName: string | undefined;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #channel: BroadcastChannel | undefined;
  #state: SessionState = { kind: "unknown" };
  #token: AccessToken | undefined;
  #closed = false;

  constructor(channelName: string | undefined) {
    this.#channelName = channelName;
  }

  get state(): SessionState {
    return this.#state;
  }

  get token(): AccessToken | undefined {
    return this.#token;
  }

  /** Records a sign-in in this tab. */
  signIn(token: AccessToken): void {
    this.#replace(token, "here");
    this.#post({ token });
  }

  /** Records a new token of the session `previousSessionId`, by default the token's own session. */
  continueWith(token: AccessToken, previousSessionId = token.sessionId): void {
    if (this.#continues(previousSessionId)) this.#continue(token);
    // The shared storage holds another session: a user signed in there, and its message was missed.
    else this.#replace(token, "other-tab");
    this.#post({ token, previousSessionId });
  }

  /** Records the end of a session. Has no effect on any other session. */
  end(sessionId: string | undefined, cause: "here" | "ended"): void {
    this.#end(sessionId, cause);
    if (sessionId) this.#post({ endedSessionId: sessionId, cause });
  }

  /** Drops the access token if it is still the current one. */
  drop(token: AccessToken): void {
    if (this.#token === token) this.#token = undefined;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listen();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts to receive the messages of other tabs. */
  listen(): void {
    const name = this.#channelName;
    if (!name || this.#channel || this.#closed || typeof BroadcastChannel === "undefined") return;
    // Firefox forbids it where cookies are blocked.
    this.#channel = tryOrUndefined(() => new BroadcastChannel(name));
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data);
  }

  close(): void {
    this.#closed = true;
    this.#token = undefined;
    this.#state = { kind: "unknown" };
    this.#listeners.clear();
    this.#channel?.close();
  }

  #receive(message: Message): void {
    if ("endedSessionId" in message) {
      this.#end(message.endedSessionId, message.cause === "here" ? "other-tab" : "ended");
    } else if (!message.previousSessionId) {
      this.#replace(message.token, "other-tab");
    } else if (this.#continues(message.previousSessionId)) {
      // A late token of one session never replaces the token of another.
      this.#continue(message.token);
    }
  }

  #post(message: Message): void {
    this.listen();
    // A closed channel would throw.
    if (!this.#closed) this.#channel?.postMessage(message);
  }

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) notifyListener(listener, event);
  }

  /** Whether a token that continues `sessionId` continues the current session. */
  #continues(sessionId: string): boolean {
    return this.#state.kind === "unknown" || sessionIdOf(this.#state) === sessionId;
  }

  #continue(token: AccessToken): void {
    const { kind } = this.#state;
    this.#set(token);
    if (kind === "unknown") this.#emit({ kind: "signed-in", where: "restored" });
  }

  #replace(token: AccessToken, where: "here" | "other-tab"): void {
    const before = sessionIdOf(this.#state);
    this.#set(token);
    if (before && before !== token.sessionId) this.#emit({ kind: "signed-out", cause: where });
    this.#emit({ kind: "signed-in", where });
  }

  #end(sessionId: string | undefined, cause: "here" | "other-tab" | "ended"): void {
    const { kind } = this.#state;
    if (sessionIdOf(this.#state) !== sessionId) return;
    this.#set();
    if (sessionId) this.#emit({ kind: "signed-out", cause });
    else if (kind === "unknown") this.#emit({ kind: "signed-out", cause: "nothing-restored" });
  }

  #set(token?: AccessToken): void {
    if (this.#closed) return;
    this.#token = token;
    this.#state = token
      ? { kind: "signed-in", sessionId: token.sessionId }
      : { kind: "signed-out" };
  }
}

/** The id of the session, or `undefined` if no user is signed in. */
export function sessionIdOf(state: SessionState): string | undefined {
  return state.kind === "signed-in" ? state.sessionId : undefined;
}
