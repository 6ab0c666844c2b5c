import { RefreshTokenDelivery } from "./gen/claviger/v1/resources_pb.js";

/**
 * Where the refresh token lives.
 *
 * - `cookie`: in a cookie no script can read. Only on pages of Claviger's own origin.
 * - `memory`: gone with the tab; every tab and every reload signs in anew.
 * - `session-storage`, `local-storage`: survives reloads, and any script on the page can read it.
 */
export type TokenStorage = "cookie" | "memory" | "session-storage" | "local-storage";

/** Keeps the refresh token. Used under the session's lock only. */
export interface TokenKeeper {
  /** How the server is to hand it out. */
  readonly refreshTokenDelivery: RefreshTokenDelivery;
  /** Whether other tabs of this origin have the same token. */
  readonly shared: boolean;
  /** The token; empty when it is in a cookie, where there may or may not be one. */
  read(): string | undefined;
  /** Keeps a token, or forgets the one there is. */
  write(token: string | undefined): void;
}

/** A keeper for a kind of storage. `key` names its entry in Web Storage. */
export function createTokenKeeper(storage: TokenStorage, key: string): TokenKeeper {
  if (storage === "cookie") {
    const refreshTokenDelivery = RefreshTokenDelivery.COOKIE;
    return { refreshTokenDelivery, shared: true, read: () => "", write: () => {} };
  }
  const shared = storage === "local-storage";
  const store = storage === "memory" ? undefined : () => (shared ? localStorage : sessionStorage);
  let kept: string | undefined;
  return {
    refreshTokenDelivery: RefreshTokenDelivery.MESSAGE,
    shared,
    read() {
      try {
        return store ? (store().getItem(key) ?? undefined) : kept;
      } catch {
        // Storage is forbidden here: what this tab knows must do.
        return kept;
      }
    },
    write(token) {
      kept = token;
      try {
        if (token) store?.().setItem(key, token);
        else store?.().removeItem(key);
      } catch {
        // Forbidden or full: the session lasts as long as the tab.
      }
    },
  };
}
