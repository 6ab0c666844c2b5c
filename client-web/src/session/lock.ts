/** Runs tasks one after another. A task hears whether it had to wait for one of another tab. */
export type Exclusively = <T>(task: (waited: boolean) => Promise<T>) => Promise<T>;

/**
 * A lock held by one task of all tabs of this origin (Web Locks), or of this page where the browser
 * has no such locks or `name` is left out.
 */
export function createLock(name?: string): Exclusively {
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
