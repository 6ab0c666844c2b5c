import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeStorage } from "../../tests/support/fake-browser.js";
import { createPasskeyHistory } from "./passkey-history.js";

const id = (byte: number) => new Uint8Array([byte, 255]);

describe("createPasskeyHistory", () => {
  it("remembers across pages, and forgets", () => {
    fakeBrowser();
    createPasskeyHistory("key").remember(id(1));

    const next = createPasskeyHistory("key");
    const before = [next.any, next.has(id(1)), next.has(id(2))];
    next.forget(id(1));

    expect(before).toEqual([true, true, false]);
    expect([next.any, createPasskeyHistory("key").has(id(1))]).toEqual([false, false]);
  });

  it("stores only credential ids, each once and at most fifty", () => {
    fakeBrowser();
    const used = createPasskeyHistory("key");

    for (let byte = 0; byte < 60; byte += 1) used.remember(id(byte));
    used.remember(id(59));

    const stored = JSON.parse(localStorage.getItem("key") ?? "");
    expect(stored).toHaveLength(50);
    expect([stored[0], stored[49]]).toEqual(["10,255", "59,255"]);
  });

  it.each(["not JSON", '"text"', "null"])("is empty if the storage contains %s", (stored) => {
    fakeBrowser();
    localStorage.setItem("key", stored);

    expect(createPasskeyHistory("key").any).toBe(false);
  });

  it("remembers until the page closes if storage is forbidden", () => {
    fakeBrowser();
    vi.stubGlobal("localStorage", fakeStorage(false));
    const used = createPasskeyHistory("key");

    used.remember(id(1));

    expect(used.has(id(1))).toBe(true);
  });

  it("is empty without storage", () => {
    expect(createPasskeyHistory("key").any).toBe(false);
  });
});
