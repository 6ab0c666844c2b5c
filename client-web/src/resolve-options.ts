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

/** A URL of http or https, or a path at the page's own origin. */
const BASE_URL = /^(https?:\/\/[^/?#]+|\/(?!\/))[^?#]*$/i;
const STORAGES = /^(cookie|memory|session-storage|local-storage)$/;

/**
 * Resolves the options. Without a page, as in server-side rendering, no origin counts as its own.
 * Throws a `TypeError` for options that could not work: calls to a URL without a scheme would go to
 * a path of the page and look like a server that does not respond.
 */
export function resolveOptions(options: ClavigerOptions): ResolvedOptions {
  const page = globalThis.location?.origin;
  const baseUrl = options.baseUrl || page || "";
  check("baseUrl", options.baseUrl || "/", BASE_URL, "a URL such as https://login.example.com");
  check(
    "tokenStorage",
    options.tokenStorage ?? "cookie",
    STORAGES,
    "cookie, memory, session-storage or local-storage",
  );
  const sameOrigin = !!page && tryOrUndefined(() => new URL(baseUrl, page).origin) === page;
  return {
    baseUrl,
    tokenStorage: options.tokenStorage ?? (sameOrigin ? "cookie" : "memory"),
    cookieUnavailable: options.tokenStorage === "cookie" && !!page && !sameOrigin,
    namePrefix: `claviger:${baseUrl.replace(/\/+$/, "")}`,
  };
}

function check(name: string, value: string, pattern: RegExp, form: string): void {
  if (!pattern.test(value)) {
    throw new TypeError(`${name} must be ${form}, not ${JSON.stringify(value)}`);
  }
}
