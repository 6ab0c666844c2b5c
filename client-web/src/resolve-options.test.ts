import { describe, expect, it, vi } from "vitest";
import { resolveOptions } from "./resolve-options.js";

describe("resolveOptions", () => {
  it("uses the cookie on pages of Claviger's own origin", () => {
    vi.stubGlobal("location", { origin: "https://login.example.com" });

    expect(resolveOptions({})).toEqual({
      baseUrl: "https://login.example.com",
      tokenStorage: "cookie",
      cookieUnavailable: false,
      namePrefix: "claviger:https://login.example.com",
    });
    expect(resolveOptions({ baseUrl: "https://login.example.com/" })).toMatchObject({
      tokenStorage: "cookie",
      namePrefix: "claviger:https://login.example.com",
    });
    vi.unstubAllGlobals();
  });

  it.each(["https://app.example.com", "http://login.example.com", "https://login.example.com:444"])(
    "keeps tokens in memory on a page of %s",
    (origin) => {
      vi.stubGlobal("location", { origin });

      const where = resolveOptions({ baseUrl: "https://login.example.com" });

      expect(where).toMatchObject({ tokenStorage: "memory", cookieUnavailable: false });
      vi.unstubAllGlobals();
    },
  );

  it("reports a cookie that is requested on a page of another origin", () => {
    vi.stubGlobal("location", { origin: "https://app.example.com" });

    const where = resolveOptions({ baseUrl: "https://login.example.com", tokenStorage: "cookie" });

    expect(where).toMatchObject({ tokenStorage: "cookie", cookieUnavailable: true });
    vi.unstubAllGlobals();
  });

  it.each([
    "login.example.com",
    "localhost:8080",
    "//login.example.com",
    "ftp://login.example.com",
    "https://",
    "https://login.example.com/?tenant=1",
    "https://login.example.com/#login",
    7,
  ])("refuses the URL %s, and says what one looks like", (baseUrl) => {
    expect(() => resolveOptions({ baseUrl: baseUrl as never })).toThrow(
      new TypeError(
        `baseUrl must be a URL such as https://login.example.com, not ${JSON.stringify(baseUrl)}`,
      ),
    );
  });

  it.each([
    "https://login.example.com",
    "HTTP://localhost:8080/",
    "https://example.com/a",
    "/a",
    "",
  ])("takes the URL '%s'", (baseUrl) => {
    vi.stubGlobal("location", { origin: "https://login.example.com" });

    expect(resolveOptions({ baseUrl }).baseUrl).toBe(baseUrl || "https://login.example.com");
    vi.unstubAllGlobals();
  });

  it.each(["locale-storage", "", 7])("refuses the token storage %s", (tokenStorage) => {
    expect(() => resolveOptions({ tokenStorage: tokenStorage as never })).toThrow(
      new TypeError(
        `tokenStorage must be cookie, memory, session-storage or local-storage, not ${JSON.stringify(tokenStorage)}`,
      ),
    );
  });

  it("works without a page", () => {
    expect(resolveOptions({})).toMatchObject({ baseUrl: "", tokenStorage: "memory" });
  });
});
