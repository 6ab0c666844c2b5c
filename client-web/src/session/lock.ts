import type { Outcome } from "../outcome/outcome.js";

/** Runs tasks one at a time. `waited`: the task had to wait for one in another tab. */
export type Lock = <T>(task: (waited: boolean) => Promise<T>) => Promise<T>;

/** Runs an operation while holding the session's {@link Lock}. */
export type Exclusively = <T>(
  operation: (waited: boolean) => Promise<Outcome<T>>,
) => Promise<Outcome<T>>;

/**
 * Creates a lock for all tabs of this origin (Web Locks), or for this page only if the browser does
 * not support Web Locks or there is no `name`.
 */
export function createLock(name?: string): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return async (task) => {
    const locks = name && globalThis.navigator?.locks;
    if (!locks) {
      const run = last.then(() => task(false));
      last = run.catch(() => {});
      return run;
    }
    const run = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { value: await task(false) } : undefined,
    );
    return run ? run.value : locks.request(name, () => task(true));
  };
}
