import type { AuthenticatorSignals } from "./passkeys/authenticator-signals.js";
import type { Ceremonies } from "./passkeys/ceremonies.js";
import type { PasskeyHistory } from "./passkeys/passkey-history.js";
import type { RpcClient } from "./rpc-client.js";
import type { ServerInfo } from "./server-info.js";
import type { AuthorizedCall } from "./session/authorized-call.js";
import type { CurrentSession } from "./session/current-session.js";
import type { Exclusively } from "./session/lock.js";
import type { Refresher } from "./session/refresher.js";
import type { RefreshTokenStore } from "./session/token-storage.js";

/** The parts of a client that its operations share. */
export interface Context {
  readonly server: RpcClient;
  readonly serverInfo: ServerInfo;
  readonly session: CurrentSession;
  readonly tokenStore: RefreshTokenStore;
  /** Serialises what changes the refresh token, so that an old token never replaces a new one. */
  readonly exclusively: Exclusively;
  readonly refresher: Refresher;
  readonly authorizedCall: AuthorizedCall;
  readonly ceremonies: Ceremonies;
  readonly passkeyHistory: PasskeyHistory;
  readonly signals: AuthenticatorSignals;
}
