import { expect, test } from "vitest";
import { addressToOpen } from "./address-to-open.js";

const HERE = { pathname: "/account", hash: "#password" };

test("the address to open is this page's at the first web origin", () => {
  const origins = ["android:apk-key-hash:AbC", "https://login.example.com"];

  expect(addressToOpen(origins, HERE)).toBe("https://login.example.com/account#password");
});

test("a path that looks like another site stays on the origin", () => {
  const here = { pathname: "//evil.example/", hash: "" };

  expect(addressToOpen(["https://login.example.com"], here)).toBe(
    "https://login.example.com//evil.example/",
  );
});

test("there is none if all origins belong to apps", () => {
  expect(addressToOpen(["android:apk-key-hash:AbC"], HERE)).toBeUndefined();
});
