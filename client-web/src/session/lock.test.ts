import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { createLock } from "./lock.js";

/** Runs two tasks and writes down when each begins and ends. */
async function race(first: ReturnType<typeof createLock>, second: ReturnType<typeof createLock>) {
  const log: string[] = [];
  const task = (name: string) => async (waited: boolean) => {
    log.push(`${name} begins${waited ? " after waiting" : ""}`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
  };
  await Promise.all([first(task("a")), second(task("b"))]);
  return log;
}

describe("createLock", () => {
  it("runs the tasks of a page one after another", async () => {
    const lock = createLock();

    expect(await race(lock, lock)).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("runs the tasks of all tabs one after another, and reports which of them waited", async () => {
    fakeBrowser();

    const log = await race(createLock("name"), createLock("name"));

    expect(log).toEqual(["a begins", "a ends", "b begins after waiting", "b ends"]);
  });

  it("runs the tasks of a page one after another where the browser forbids locks", async () => {
    const request = () => Promise.reject(new DOMException("no", "SecurityError"));
    fakeBrowser({ locks: { request } });
    const lock = createLock("name");

    expect(await race(lock, lock)).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("does not repeat a task that failed while it held a lock", async () => {
    fakeBrowser();
    let runs = 0;

    const failure = createLock("name")(async () => {
      runs += 1;
      throw new Error("oops");
    });

    await expect(failure).rejects.toThrow("oops");
    expect(runs).toBe(1);
  });

  it("continues after a task that failed", async () => {
    const lock = createLock();

    const failure = lock(() => Promise.reject(new Error("oops")));

    await expect(failure).rejects.toThrow("oops");
    await expect(lock(async () => "next")).resolves.toBe("next");
  });
});
