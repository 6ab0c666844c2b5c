import type { ClavigerOptions } from "./claviger.js";
import type { TokenStorage } from "./session/token-storage.js";
import { tryOrUndefined } from "./try-or-undefined.js";

/** A client's options with the defaults that depend on the origins of Claviger and of the page. */
export interface ResolvedOptions {
  /** The URL of Claviger. Empty if it defaults to the page's origin and there is no page. */
  readonly baseUrl: string;
  readonly tokenStorage: TokenStorage;
  /** Whether the options ask for the cookie on a page of another origin, which cannot have it. */
  readonly cookieUnavailable: boolean;
  /** Prefix of the names of what tabs share: storage keys, the lock and the channel. */
  readonly namePrefix: string;
}

/** Resolves the options. Without a page, as in server-side rendering, no origin counts as its own. */
export function resolveOptions(options: ClavigerOptions): ResolvedOptions {
  const page = globalThis.location?.origin;
  const baseUrl = options.baseUrl ?? page ?? "";
  const sameOrigin = !!page && tryOrUndefined(() => new URL(baseUrl, page).origin) === page;
  return {
    baseUrl,
    tokenStorage: options.tokenStorage ?? (sameOrigin ? "cookie" : "memory"),
    cookieUnavailable: options.tokenStorage === "cookie" && !!page && !sameOrigin,
    namePrefix: `claviger:${baseUrl.replace(/\/+$/, "")}`,
  };
}
