import type { ClavigerOptions } from "./claviger.js";
import type { TokenStorage } from "./session/token-storage.js";
import { quietly } from "./try-or-undefined.js";

/** What follows from where Claviger and the page are. */
export interface Where {
  /** Where Claviger is; empty when that is to be the page's origin and there is no page. */
  readonly baseUrl: string;
  readonly tokenStorage: TokenStorage;
  /** Whether the cookie was asked for on a page that cannot have it. */
  readonly misplaced: boolean;
  /** Begins the names of all that tabs share. */
  readonly name: string;
}

/** Looks where the page is. Without a page, as when a server renders it, nothing is of the same origin. */
export function findWhere(options: ClavigerOptions): Where {
  const page = globalThis.location?.origin;
  const baseUrl = options.baseUrl ?? page ?? "";
  const own = !!page && quietly(() => new URL(baseUrl, page).origin) === page;
  return {
    baseUrl,
    tokenStorage: options.tokenStorage ?? (own ? "cookie" : "memory"),
    misplaced: options.tokenStorage === "cookie" && !!page && !own,
    name: `claviger:${baseUrl.replace(/\/+$/, "")}`,
  };
}
