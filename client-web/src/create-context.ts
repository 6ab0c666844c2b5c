import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createCalls } from "./calls.js";
import { createCeremonies } from "./ceremonies.js";
import type { ClavigerOptions } from "./claviger.js";
import type { Context, Exclusive } from "./context.js";
import { createLock } from "./locks.js";
import { failed } from "./outcome.js";
import { createRefresh } from "./refresh.js";
import { createServer } from "./server.js";
import { CurrentSession } from "./session.js";
import { createSignals } from "./signals.js";
import { createTokenKeeper } from "./token-storage.js";
import { createUsedHere } from "./used-here.js";
import { findWhere } from "./where.js";

/** Puts together what the flows work with. */
export function createContext(options: ClavigerOptions): Context {
  const { baseUrl, name, tokenStorage, misplaced } = findWhere(options);
  const keeper = createTokenKeeper(tokenStorage, `${name}:refresh-token`);
  // Tabs that do not share a token have sessions of their own.
  const shared = keeper.shared ? name : undefined;
  const lock = createLock(shared);
  const exclusively: Exclusive = async (task) =>
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
