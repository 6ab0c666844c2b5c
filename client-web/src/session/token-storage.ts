import { RefreshTokenDelivery, type TokenPair } from "../gen/claviger/v1/resources_pb.js";
import { required } from "../outcome/outcome.js";
import { tryOrUndefined } from "../try-or-undefined.js";
import { type AccessToken, accessTokenOf } from "./access-token.js";

/**
 * Where the refresh token is stored.
 *
 * - `cookie`: in a cookie that scripts cannot read. Only on pages of Claviger's own origin.
 * - `memory`: until the tab is reloaded or closed. Each tab has a session of its own.
 * - `session-storage`, `local-storage`: survives reloads; readable by every script on the page.
 */
export type TokenStorage = "cookie" | "memory" | "session-storage" | "local-storage";

/** Stores the refresh token. Used only under the session's lock. */
export interface RefreshTokenStore {
  /** The request field that asks for the token in the cookie or in the response message. */
  readonly delivery: { readonly refreshTokenDelivery: RefreshTokenDelivery };
  /** Whether the tabs of this origin share the token. */
  readonly shared: boolean;
  /** The token. Empty if it is in a cookie, of which scripts cannot see whether it exists. */
  read(): string | undefined;
  /** Stores a token. Without one, removes the token that is stored. */
  write(token?: string): void;
}

/** Stores the refresh token of a response and returns the access token. */
export function storeTokens(store: RefreshTokenStore, tokens: TokenPair | undefined): AccessToken {
  const pair = required(tokens);
  store.write(pair.refreshToken);
  return accessTokenOf(pair);
}

/** Creates a store. `key` is the key of its entry in Web Storage. */
export function createRefreshTokenStore(storage: TokenStorage, key: string): RefreshTokenStore {
  if (storage === "cookie") {
    const delivery = { refreshTokenDelivery: RefreshTokenDelivery.COOKIE };
    return { delivery, shared: true, read: () => "", write: () => {} };
  }
  const shared = storage === "local-storage";
  const webStorage = () =>
    storage === "memory" ? undefined : shared ? localStorage : sessionStorage;
  // Holds the token until the tab closes if Web Storage is forbidden or full.
  let inMemory: string | undefined;
  return {
    delivery: { refreshTokenDelivery: RefreshTokenDelivery.MESSAGE },
    shared,
    read: () => inMemory ?? tryOrUndefined(() => webStorage()?.getItem(key)) ?? undefined,
    write(token) {
      const stored = tryOrUndefined(() => {
        const entries = webStorage();
        if (token) entries?.setItem(key, token);
        else entries?.removeItem(key);
        return entries;
      });
      inMemory = stored ? undefined : token;
    },
  };
}
