/** The passkeys that were made or used in this browser, by credential id. */
export interface UsedHere {
  readonly any: boolean;
  has(credentialId: Uint8Array): boolean;
  remember(credentialId: Uint8Array): void;
  forget(credentialId: Uint8Array): void;
}

/** How many to remember; the oldest make way. */
const MOST = 50;

/** Remembers in `localStorage` under `key`, and for this page alone where that is forbidden or full. */
export function createUsedHere(key: string): UsedHere {
  let kept: readonly string[] = [];
  const read = (): readonly string[] => {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(stored) ? stored : [];
    } catch {
      return kept;
    }
  };
  const write = (ids: readonly string[]) => {
    kept = ids.slice(-MOST);
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // The page goes on with what it remembers itself.
    }
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
