import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { done, failed, type Outcome } from "../outcome/outcome.js";
import { createCeremonies } from "./ceremonies.js";

/** A ceremony that lasts until it is aborted or finished. */
function ceremony() {
  let finish = () => {};
  const run = (signal: AbortSignal) =>
    new Promise<Outcome<void>>((resolve) => {
      finish = () => resolve(done);
      const cancel = () => resolve(failed({ kind: "cancelled" }));
      if (signal.aborted) cancel();
      signal.addEventListener("abort", cancel);
    });
  return { run, finish: () => finish() };
}

const cancelled = { ok: false, failure: { kind: "cancelled" } };

describe("createCeremonies", () => {
  it("aborts the current ceremony when another one starts", async () => {
    fakeBrowser();
    const ceremonies = createCeremonies();
    const [first, second] = [ceremony(), ceremony()];

    const before = ceremonies.run(undefined, first.run);
    const andThen = ceremonies.run(undefined, second.run);
    second.finish();

    expect(await before).toEqual(cancelled);
    expect(await andThen).toEqual(done);
  });

  it("aborts with the caller's signal, before and during the ceremony", async () => {
    fakeBrowser();
    const ceremonies = createCeremonies();
    const caller = new AbortController();

    const during = ceremonies.run(caller.signal, ceremony().run);
    caller.abort("a reason of my own");
    const before = ceremonies.run(caller.signal, ceremony().run);

    expect([await during, await before]).toEqual([cancelled, cancelled]);
  });

  it("is idle when the last ceremony has ended", async () => {
    fakeBrowser();
    const ceremonies = createCeremonies();
    const [first, second] = [ceremony(), ceremony()];
    ceremonies.run(undefined, first.run);
    const last = ceremonies.run(undefined, second.run);
    const log: string[] = [];

    const idle = ceremonies.idle().then(() => log.push("idle"));
    last.then(() => log.push("ended"));
    second.finish();
    await idle;

    expect(log).toEqual(["ended", "idle"]);
  });

  it("aborts the current ceremony and starts no other after close()", async () => {
    fakeBrowser();
    const ceremonies = createCeremonies();
    const running = ceremonies.run(undefined, ceremony().run);

    ceremonies.close();
    const late = ceremonies.run(undefined, ceremony().run);

    expect([await running, await late]).toEqual([cancelled, cancelled]);
  });

  it("starts none on a page without a secure context, or without passkeys", async () => {
    const ceremonies = createCeremonies();
    vi.stubGlobal("isSecureContext", false);
    const insecure = await ceremonies.run(undefined, ceremony().run);
    vi.stubGlobal("isSecureContext", true);

    const unsupported = await ceremonies.run(undefined, ceremony().run);

    expect(insecure).toEqual({ ok: false, failure: { kind: "insecure" } });
    expect(unsupported).toEqual({ ok: false, failure: { kind: "unsupported" } });
  });
});
