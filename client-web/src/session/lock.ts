import type { Outcome } from "../outcome/outcome.js";

/** Runs tasks one at a time. `waited`: the task had to wait for one in another tab. */
export type Lock = <T>(task: (waited: boolean) => Promise<T>) => Promise<T>;

/** Runs an operation while holding the session's {@link Lock}. */
export type Exclusively = <T>(
  operation: (waited: boolean) => Promise<Outcome<T>>,
) => Promise<Outcome<T>>;

/**
 * Creates a lock for all tabs of this origin (Web Locks), or for this page only if the browser does
 * not support Web Locks, forbids them, as it does where cookies are blocked, or there is no `name`.
 */
export function createLock(name?: string): Lock {
  const lockOfPage = createLockOfPage();
  return async (task) => {
    const locks = name && globalThis.navigator?.locks;
    if (!locks) return lockOfPage(task);
    let allowed = false;
    try {
      const run = await locks.request(name, { ifAvailable: true }, async (lock) => {
        allowed = true;
        return lock ? { value: await task(false) } : undefined;
      });
      return run ? run.value : await locks.request(name, () => task(true));
    } catch (error) {
      if (allowed) throw error;
      return lockOfPage(task);
    }
  };
}

function createLockOfPage(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(() => task(false));
    last = run.catch(() => {});
    return run;
  };
}
