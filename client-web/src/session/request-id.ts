/**
 * A new UUID, with which the server knows a retry. Empty where the browser makes none: on pages that
 * are not in a secure context.
 */
export function requestId(): string {
  return globalThis.crypto?.randomUUID?.() ?? "";
}
