import { quietly } from "../try-or-undefined.js";

/** The passkeys that were made or used in this browser, by credential id. */
export interface UsedHere {
  readonly any: boolean;
  has(credentialId: Uint8Array): boolean;
  remember(credentialId: Uint8Array): void;
  forget(credentialId: Uint8Array | undefined): void;
}

/** How many to remember; the oldest make way. */
const MOST = 50;

/** Remembers in `localStorage` under `key`, and for this page alone where that is forbidden or full. */
export function createUsedHere(key: string): UsedHere {
  let kept: readonly string[] | undefined;
  const read = (): readonly string[] => {
    const stored = kept ?? quietly(() => JSON.parse(localStorage.getItem(key) ?? "[]"));
    return Array.isArray(stored) ? stored : [];
  };
  const write = (all: readonly string[]) => {
    const ids = all.slice(-MOST);
    const stored = quietly(() => {
      localStorage.setItem(key, JSON.stringify(ids));
      return true;
    });
    kept = stored ? undefined : ids;
  };
  const others = (credentialId?: Uint8Array) => read().filter((id) => id !== credentialId?.join());
  return {
    get any() {
      return read().length > 0;
    },
    has: (credentialId) => read().includes(credentialId.join()),
    remember: (credentialId) => write([...others(credentialId), credentialId.join()]),
    forget: (credentialId) => write(others(credentialId)),
  };
}
