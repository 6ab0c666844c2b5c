/**
 * A new UUID by which the server recognises a repeated request. Empty if the browser cannot create
 * one, as on pages that are not in a secure context.
 */
export function requestId(): string {
  return globalThis.crypto?.randomUUID?.() ?? "";
}
