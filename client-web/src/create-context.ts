import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { ClavigerOptions } from "./claviger.js";
import type { Context } from "./context.js";
import { failed } from "./outcome/outcome.js";
import { createAuthenticatorSignals } from "./passkeys/authenticator-signals.js";
import { createCeremonies } from "./passkeys/ceremonies.js";
import { createPasskeyHistory } from "./passkeys/passkey-history.js";
import { resolveOptions } from "./resolve-options.js";
import { createRpcClient } from "./rpc-client.js";
import { cachedServerInfo } from "./server-info.js";
import { createAuthorizedCall } from "./session/authorized-call.js";
import { CurrentSession } from "./session/current-session.js";
import { createLock, type Exclusively } from "./session/lock.js";
import { createRefresher } from "./session/refresher.js";
import { createRefreshTokenStore } from "./session/token-storage.js";

/** Creates the parts of a client. Opens no connection and no channel. */
export function createContext(options: ClavigerOptions): Context {
  const { baseUrl, namePrefix, tokenStorage, cookieUnavailable } = resolveOptions(options);
  const tokenStore = createRefreshTokenStore(tokenStorage, `${namePrefix}:refresh-token`);
  // Tabs that do not share a refresh token have separate sessions.
  const shared = tokenStore.shared ? namePrefix : undefined;
  const lock = createLock(shared);
  const exclusively: Exclusively = async (operation) =>
    cookieUnavailable ? failed({ kind: "foreign-origin" }) : lock(operation);
  const session = new CurrentSession(shared);
  const server = createRpcClient(options.transport ?? createGrpcWebTransport({ baseUrl }));
  const serverInfo = cachedServerInfo(server);
  const refresher = createRefresher(server, session, tokenStore, exclusively);
  const authorizedCall = createAuthorizedCall(session, refresher.refresh);
  return {
    server,
    serverInfo,
    session,
    tokenStore,
    exclusively,
    refresher,
    authorizedCall,
    ceremonies: createCeremonies(serverInfo),
    passkeyHistory: createPasskeyHistory(`${namePrefix}:passkeys-used-here`),
    signals: createAuthenticatorSignals(server, authorizedCall),
  };
}
