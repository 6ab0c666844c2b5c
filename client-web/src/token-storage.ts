/**
 * Where the refresh token lives.
 *
 * - `cookie`: in a cookie no script can read. Only on pages of Claviger's own origin.
 * - `memory`: gone with the tab; every tab and every reload signs in anew.
 * - `session-storage`, `local-storage`: survives reloads, and any script on the page can read it.
 */
export type TokenStorage = "cookie" | "memory" | "session-storage" | "local-storage";
