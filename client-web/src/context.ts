import type { Signals } from "./passkeys/authenticator-signals.js";
import type { Ceremonies } from "./passkeys/ceremonies.js";
import type { UsedHere } from "./passkeys/passkey-history.js";
import type { Server } from "./rpc-client.js";
import type { Authorized } from "./session/authorized-call.js";
import type { CurrentSession } from "./session/current-session.js";
import type { Exclusively } from "./session/lock.js";
import type { Refresh } from "./session/refresher.js";
import type { TokenKeeper } from "./session/token-storage.js";

/** What the flows work with. */
export interface Context {
  readonly server: Server;
  readonly session: CurrentSession;
  readonly keeper: TokenKeeper;
  /** Runs what changes the refresh token, one at a time, so that an old one never replaces a new one. */
  readonly exclusively: Exclusively;
  readonly refresh: Refresh;
  readonly authorized: Authorized;
  readonly ceremonies: Ceremonies;
  readonly usedHere: UsedHere;
  readonly signals: Signals;
}
