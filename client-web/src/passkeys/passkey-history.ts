import { tryOrUndefined } from "../try-or-undefined.js";

/** The passkeys that were created or used in this browser, by credential id. */
export interface PasskeyHistory {
  /** Whether there are any. */
  readonly any: boolean;
  has(credentialId: Uint8Array): boolean;
  remember(credentialId: Uint8Array): void;
  forget(credentialId: Uint8Array): void;
}

/** The maximum number of passkeys to remember. The oldest are dropped. */
const MAX_PASSKEYS = 50;

/** Stores the history in `localStorage` under `key`, or in memory if that is forbidden or full. */
export function createPasskeyHistory(key: string): PasskeyHistory {
  let inMemory: readonly string[] | undefined;
  const read = (): readonly string[] => {
    const stored = inMemory ?? tryOrUndefined(() => JSON.parse(localStorage.getItem(key) ?? "[]"));
    return Array.isArray(stored) ? stored : [];
  };
  const write = (all: readonly string[]) => {
    const ids = all.slice(-MAX_PASSKEYS);
    const stored = tryOrUndefined(() => {
      localStorage.setItem(key, JSON.stringify(ids));
      return true;
    });
    inMemory = stored ? undefined : ids;
  };
  const others = (credentialId: Uint8Array) => read().filter((id) => id !== credentialId.join());
  return {
    get any() {
      return read().length > 0;
    },
    has: (credentialId) => read().includes(credentialId.join()),
    remember: (credentialId) => write([...others(credentialId), credentialId.join()]),
    forget: (credentialId) => write(others(credentialId)),
  };
}
