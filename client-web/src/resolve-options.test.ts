import { describe, expect, it, vi } from "vitest";
import { findWhere } from "./resolve-options.js";

describe("findWhere", () => {
  it("trusts the cookie on pages of Claviger's own origin", () => {
    vi.stubGlobal("location", { origin: "https://login.example.com" });

    expect(findWhere({})).toEqual({
      baseUrl: "https://login.example.com",
      tokenStorage: "cookie",
      misplaced: false,
      name: "claviger:https://login.example.com",
    });
    expect(findWhere({ baseUrl: "https://login.example.com/" })).toMatchObject({
      tokenStorage: "cookie",
      name: "claviger:https://login.example.com",
    });
    vi.unstubAllGlobals();
  });

  it.each(["https://app.example.com", "http://login.example.com", "https://login.example.com:444"])(
    "keeps tokens in memory on a page of %s",
    (origin) => {
      vi.stubGlobal("location", { origin });

      const where = findWhere({ baseUrl: "https://login.example.com" });

      expect(where).toMatchObject({ tokenStorage: "memory", misplaced: false });
      vi.unstubAllGlobals();
    },
  );

  it("sees a cookie that is asked for on a page of another origin", () => {
    vi.stubGlobal("location", { origin: "https://app.example.com" });

    const where = findWhere({ baseUrl: "https://login.example.com", tokenStorage: "cookie" });

    expect(where).toMatchObject({ tokenStorage: "cookie", misplaced: true });
    vi.unstubAllGlobals();
  });

  it("needs no page", () => {
    expect(findWhere({})).toMatchObject({ baseUrl: "", tokenStorage: "memory" });
  });
});
