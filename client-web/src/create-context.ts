import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { ClavigerOptions } from "./claviger.js";
import type { Context } from "./context.js";
import { failed } from "./outcome/outcome.js";
import { createSignals } from "./passkeys/authenticator-signals.js";
import { createCeremonies } from "./passkeys/ceremonies.js";
import { createUsedHere } from "./passkeys/passkey-history.js";
import { findWhere } from "./resolve-options.js";
import { createServer } from "./rpc-client.js";
import { createCalls } from "./session/authorized-call.js";
import { CurrentSession } from "./session/current-session.js";
import { createLock, type Exclusively } from "./session/lock.js";
import { createRefresh } from "./session/refresher.js";
import { createTokenKeeper } from "./session/token-storage.js";

/** Puts together what the flows work with. */
export function createContext(options: ClavigerOptions): Context {
  const { baseUrl, name, tokenStorage, misplaced } = findWhere(options);
  const keeper = createTokenKeeper(tokenStorage, `${name}:refresh-token`);
  // Tabs that do not share a token have sessions of their own.
  const shared = keeper.shared ? name : undefined;
  const lock = createLock(shared);
  const exclusively: Exclusively = async (task) =>
    misplaced ? failed({ kind: "foreign-origin" }) : lock(task);
  const session = new CurrentSession(shared);
  const server = createServer(options.transport ?? createGrpcWebTransport({ baseUrl }));
  const refresh = createRefresh(server, session, keeper, exclusively);
  const authorized = createCalls(session, refresh.renew);
  return {
    server,
    session,
    keeper,
    exclusively,
    refresh,
    authorized,
    ceremonies: createCeremonies(),
    usedHere: createUsedHere(`${name}:passkeys-used-here`),
    signals: createSignals(server, authorized),
  };
}
