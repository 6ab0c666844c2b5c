import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { SessionEvent } from "./current-session.js";

/** A page as it is after a load: with the browser's cookie, and a listener from the start. */
function loaded(server: FakeClaviger) {
  const claviger = createClaviger({ transport: server.transport() });
  const events: SessionEvent[] = [];
  claviger.subscribe((event) => events.push(event));
  return { claviger, events };
}

describe("subscribe", () => {
  it("reports a session that was restored, once", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const before = loaded(server).claviger;
    await before.signIn({ username: "anna", password: "right" });
    before.close();
    const { claviger, events } = loaded(server);

    await claviger.restore();
    await claviger.restore();

    expect(events).toEqual([{ kind: "signed-in", where: "restored" }]);
    claviger.close();
  });

  it("reports that there is no session to restore, once", async () => {
    fakeBrowser();
    const { claviger, events } = loaded(new FakeClaviger());

    await claviger.restore();
    await claviger.restore();

    expect(events).toEqual([{ kind: "signed-out", cause: "nothing-restored" }]);
    claviger.close();
  });

  it("reports a session that the first call restored without restore()", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const before = loaded(server).claviger;
    await before.signIn({ username: "anna", password: "right" });
    before.close();
    const { claviger, events } = loaded(server);

    await claviger.account.get();

    expect(events).toEqual([{ kind: "signed-in", where: "restored" }]);
    claviger.close();
  });

  it("reports nothing while it is not known whether there is a session", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const { claviger, events } = loaded(server);
    const error = networkDown();
    server.failures.push({ method: "RefreshTokens", error }, { method: "RefreshTokens", error });

    await claviger.restore();

    expect(events).toEqual([]);
    expect(claviger.state.kind).toBe("unknown");
    claviger.close();
  });
});
