import { RefreshTokenDelivery, type TokenPair } from "../gen/claviger/v1/resources_pb.js";
import { present } from "../outcome/outcome.js";
import { quietly } from "../try-or-undefined.js";
import { type AccessToken, accessTokenOf } from "./access-token.js";

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
  /** The part of a request that says how the server is to hand it out. */
  readonly delivery: { readonly refreshTokenDelivery: RefreshTokenDelivery };
  /** Whether other tabs of this origin have the same token. */
  readonly shared: boolean;
  /** The token; empty when it is in a cookie, where there may or may not be one. */
  read(): string | undefined;
  /** Keeps a token, or without one forgets the one there is. */
  write(token?: string): void;
}

/** Keeps the refresh token of an answer, and hands out the access token. */
export function keep(keeper: TokenKeeper, tokens: TokenPair | undefined): AccessToken {
  const pair = present(tokens);
  keeper.write(pair.refreshToken);
  return accessTokenOf(pair);
}

/** A keeper for a kind of storage. `key` names its entry in Web Storage. */
export function createTokenKeeper(storage: TokenStorage, key: string): TokenKeeper {
  if (storage === "cookie") {
    const delivery = { refreshTokenDelivery: RefreshTokenDelivery.COOKIE };
    return { delivery, shared: true, read: () => "", write: () => {} };
  }
  const shared = storage === "local-storage";
  const store = () => (storage === "memory" ? undefined : shared ? localStorage : sessionStorage);
  // What could not be stored, because storage is forbidden here or full, lasts as long as the tab.
  let kept: string | undefined;
  return {
    delivery: { refreshTokenDelivery: RefreshTokenDelivery.MESSAGE },
    shared,
    read: () => kept ?? quietly(() => store()?.getItem(key)) ?? undefined,
    write(token) {
      const stored = quietly(() => {
        const there = store();
        if (token) there?.setItem(key, token);
        else there?.removeItem(key);
        return there;
      });
      kept = stored ? undefined : token;
    },
  };
}
