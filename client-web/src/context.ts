import type { Authorized } from "./calls.js";
import type { Ceremonies } from "./ceremonies.js";
import type { Outcome } from "./outcome.js";
import type { Refresh } from "./refresh.js";
import type { Server } from "./server.js";
import type { CurrentSession } from "./session.js";
import type { Signals } from "./signals.js";
import type { TokenKeeper } from "./token-storage.js";
import type { UsedHere } from "./used-here.js";

/** What the flows work with. */
export interface Context {
  readonly server: Server;
  readonly session: CurrentSession;
  readonly keeper: TokenKeeper;
  /** Runs what changes the refresh token, one at a time, so that an old one never replaces a new one. */
  readonly exclusively: Exclusive;
  readonly refresh: Refresh;
  readonly authorized: Authorized;
  readonly ceremonies: Ceremonies;
  readonly usedHere: UsedHere;
  readonly signals: Signals;
}

/** Runs a task under the session's lock. The task hears whether it had to wait for another one. */
export type Exclusive = <T>(task: (waited: boolean) => Promise<Outcome<T>>) => Promise<Outcome<T>>;
