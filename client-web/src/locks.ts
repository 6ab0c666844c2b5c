/** Runs tasks one after another. A task hears whether it had to wait for another one. */
export type Exclusively = <T>(task: (waited: boolean) => Promise<T>) => Promise<T>;

/**
 * A lock held by one task of all tabs of this origin (Web Locks), or of this page where the browser
 * has no such locks or `name` is left out.
 */
export function createLock(name?: string): Exclusively {
  let last: Promise<unknown> | undefined;
  const inPage: Exclusively = async (task) => {
    const before = last;
    const run = (before ?? Promise.resolve()).then(() => task(before !== undefined));
    const settled = run.catch(() => {});
    last = settled;
    settled.then(() => {
      if (last === settled) last = undefined;
    });
    return run;
  };
  return async (task) => {
    const locks = name === undefined ? undefined : globalThis.navigator?.locks;
    if (!name || !locks) return inPage(task);
    const run = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock ? { value: await task(false) } : undefined,
    );
    return run ? run.value : locks.request(name, () => task(true));
  };
}
