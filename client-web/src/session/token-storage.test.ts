import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeStorage } from "../../tests/support/fake-browser.js";
import { RefreshTokenDelivery } from "../gen/claviger/v1/resources_pb.js";
import { createRefreshTokenStore } from "./token-storage.js";

describe("createRefreshTokenStore", () => {
  it.each(["memory", "session-storage", "local-storage"] as const)(
    "keeps a token in %s and forgets it",
    (storage) => {
      fakeBrowser();
      const tokenStore = createRefreshTokenStore(storage, "key");

      tokenStore.write("token");
      const kept = tokenStore.read();
      tokenStore.write();

      expect([kept, tokenStore.read()]).toEqual(["token", undefined]);
      expect(tokenStore.delivery.refreshTokenDelivery).toBe(RefreshTokenDelivery.MESSAGE);
    },
  );

  it("stores the token under one key of the chosen storage, and nowhere else", () => {
    fakeBrowser();

    createRefreshTokenStore("session-storage", "key").write("token");

    expect(sessionStorage.getItem("key")).toBe("token");
    expect([sessionStorage.length, localStorage.length]).toEqual([1, 0]);
  });

  it("leaves cookies to the server", () => {
    fakeBrowser();
    const tokenStore = createRefreshTokenStore("cookie", "key");

    tokenStore.write("token");

    expect(tokenStore.read()).toBe("");
    expect([sessionStorage.length, localStorage.length]).toEqual([0, 0]);
    expect(tokenStore.delivery.refreshTokenDelivery).toBe(RefreshTokenDelivery.COOKIE);
  });

  it("reads what another tab stored", () => {
    fakeBrowser();
    const [here, there] = [
      createRefreshTokenStore("local-storage", "key"),
      createRefreshTokenStore("local-storage", "key"),
    ];
    here.write("old");

    there.write("new");
    const read = here.read();
    there.write();

    expect([read, here.read()]).toEqual(["new", undefined]);
  });

  it("keeps the token in memory if storage is forbidden", () => {
    fakeBrowser();
    vi.stubGlobal("localStorage", fakeStorage(false));
    const tokenStore = createRefreshTokenStore("local-storage", "key");

    tokenStore.write("token");

    expect(tokenStore.read()).toBe("token");
  });
});
