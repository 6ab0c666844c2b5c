import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeStorage } from "../../tests/support/fake-browser.js";
import { RefreshTokenDelivery } from "../gen/claviger/v1/resources_pb.js";
import { createTokenKeeper } from "./token-storage.js";

describe("createTokenKeeper", () => {
  it.each(["memory", "session-storage", "local-storage"] as const)(
    "keeps a token in %s and forgets it",
    (storage) => {
      fakeBrowser();
      const keeper = createTokenKeeper(storage, "key");

      keeper.write("token");
      const kept = keeper.read();
      keeper.write();

      expect([kept, keeper.read()]).toEqual(["token", undefined]);
      expect(keeper.delivery.refreshTokenDelivery).toBe(RefreshTokenDelivery.MESSAGE);
    },
  );

  it("puts the token under one key of the storage that was chosen, and nowhere else", () => {
    fakeBrowser();

    createTokenKeeper("session-storage", "key").write("token");

    expect(sessionStorage.getItem("key")).toBe("token");
    expect([sessionStorage.length, localStorage.length]).toEqual([1, 0]);
  });

  it("leaves cookies to the server", () => {
    fakeBrowser();
    const keeper = createTokenKeeper("cookie", "key");

    keeper.write("token");

    expect(keeper.read()).toBe("");
    expect([sessionStorage.length, localStorage.length]).toEqual([0, 0]);
    expect(keeper.delivery.refreshTokenDelivery).toBe(RefreshTokenDelivery.COOKIE);
  });

  it("sees what another tab wrote", () => {
    fakeBrowser();
    const [here, there] = [
      createTokenKeeper("local-storage", "key"),
      createTokenKeeper("local-storage", "key"),
    ];
    here.write("old");

    there.write("new");
    const read = here.read();
    there.write();

    expect([read, here.read()]).toEqual(["new", undefined]);
  });

  it("keeps the token in memory where storage is forbidden", () => {
    fakeBrowser();
    vi.stubGlobal("localStorage", fakeStorage(false));
    const keeper = createTokenKeeper("local-storage", "key");

    keeper.write("token");

    expect(keeper.read()).toBe("token");
  });
});
