import type { ClavigerOptions } from "./claviger.js";
import type { TokenStorage } from "./token-storage.js";

/** What follows from where Claviger and the page are. */
export interface Where {
  readonly tokenStorage: TokenStorage;
  /** Whether the cookie was asked for on a page that cannot have it. */
  readonly misplaced: boolean;
  /** Begins the names of all that tabs share. */
  readonly name: string;
}

/** Looks where the page is. Without a page, as when a server renders it, nothing is of the same origin. */
export function findWhere({ baseUrl, tokenStorage }: ClavigerOptions): Where {
  const page = globalThis.location?.origin;
  const own = page !== undefined && originOf(baseUrl ?? page, page) === page;
  return {
    tokenStorage: tokenStorage ?? (own ? "cookie" : "memory"),
    misplaced: tokenStorage === "cookie" && page !== undefined && !own,
    name: `claviger:${(baseUrl ?? page ?? "").replace(/\/+$/, "")}`,
  };
}

function originOf(url: string, base: string): string | undefined {
  try {
    return new URL(url, base).origin;
  } catch {
    return undefined;
  }
}
