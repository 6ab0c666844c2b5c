import { tell } from "../outcome/unexpected-failure.js";
import type { AccessToken } from "./access-token.js";

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

/** What one tab tells the others. */
type Message =
  /** Somebody signed in, or the session `follows` goes on. */
  | { readonly token: AccessToken; readonly follows?: string }
  | { readonly over: string; readonly cause: "here" | "ended" };

/**
 * The session this tab takes part in, with its access token. Nothing is known of it at first.
 *
 * Tabs tell each other of it by a BroadcastChannel, which only pages of the same origin hear. Without
 * a name for it this tab is on its own.
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

  /** Somebody signed in here. */
  signIn(token: AccessToken): void {
    this.#replace(token, "here");
    this.#post({ token });
  }

  /** The session `follows`, by default the token's own, goes on with a new token. */
  goOn(token: AccessToken, follows = token.sessionId): void {
    if (this.#isNext(follows)) this.#become(token);
    // The storage that tabs share holds another session: somebody signed in there unheard.
    else this.#replace(token, "other-tab");
    this.#post({ token, follows });
  }

  /** The session is over. Another one than that is left alone. */
  end(sessionId: string | undefined, cause: "here" | "ended"): void {
    this.#end(sessionId, cause);
    if (sessionId) this.#post({ over: sessionId, cause });
  }

  /** Drops the access token, if it is this one. */
  drop(token: AccessToken): void {
    if (this.#token === token) this.#token = undefined;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listen();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to listen to other tabs. */
  listen(): void {
    const name = this.#channelName;
    if (!name || this.#channel || this.#closed || typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
  }

  close(): void {
    this.#closed = true;
    this.#token = undefined;
    this.#state = { kind: "unknown" };
    this.#listeners.clear();
    this.#channel?.close();
  }

  #hear(message: Message): void {
    if ("over" in message) {
      this.#end(message.over, message.cause === "here" ? "other-tab" : "ended");
    } else if (!message.follows) {
      this.#replace(message.token, "other-tab");
    } else if (this.#isNext(message.follows)) {
      // One that comes late never takes the place of another session's.
      this.#become(message.token);
    }
  }

  #post(message: Message): void {
    this.listen();
    // A closed channel would throw.
    if (!this.#closed) this.#channel?.postMessage(message);
  }

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) tell(listener, event);
  }

  /** Whether a token that follows a session has its place here. */
  #isNext(follows: string): boolean {
    return this.#state.kind === "unknown" || sessionIdOf(this.#state) === follows;
  }

  #replace(token: AccessToken, where: "here" | "other-tab"): void {
    const before = sessionIdOf(this.#state);
    this.#become(token);
    if (before && before !== token.sessionId) this.#emit({ kind: "signed-out", cause: where });
    this.#emit({ kind: "signed-in", where });
  }

  #end(sessionId: string | undefined, cause: "here" | "other-tab" | "ended"): void {
    if (sessionIdOf(this.#state) !== sessionId) return;
    this.#become();
    if (sessionId) this.#emit({ kind: "signed-out", cause });
  }

  #become(token?: AccessToken): void {
    if (this.#closed) return;
    this.#token = token;
    this.#state = token
      ? { kind: "signed-in", sessionId: token.sessionId }
      : { kind: "signed-out" };
  }
}

/** Which session somebody is signed in with, if anybody is. */
export function sessionIdOf(state: SessionState): string | undefined {
  return state.kind === "signed-in" ? state.sessionId : undefined;
}
