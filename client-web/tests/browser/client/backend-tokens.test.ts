import { expect, it } from "vitest";
import { audienceOf, validateToken } from "../support/backend.js";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";
import { getAccountWith } from "../support/wire.js";

const app = startTestApp({ flags: ["--tokens-audiences", "shop,bank"] });

const newPassword = "seven quiet lamps by the harbour";

it("gets a token that one backend accepts, and no other server", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openRegistered();

  const token = valueIn(await tab.accessToken("shop"));

  expect(audienceOf(token)).toBe("shop");
  expect(await validateToken(app.server, token, "shop")).toBe("ACTIVE");
  expect(await validateToken(app.server, token, "bank")).toBe("WRONG_AUDIENCE");
  expect(await getAccountWith(app.server, token)).toBe("ACCESS_TOKEN_INVALID");
});

it("never gets the account token, which no backend accepts", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();

  const tokens = [valueIn(await tab.accessToken("shop")), valueIn(await tab.accessToken("bank"))];
  const [accountToken = "", ...others] = tab.accountTokens();

  expect(others).toEqual([]);
  expect(tokens).not.toContain(accountToken);
  expect(await getAccountWith(app.server, accountToken)).toBe("success");
  expect(audienceOf(accountToken)).toBe(app.server.origin);
  for (const audience of ["shop", "bank"]) {
    expect(await validateToken(app.server, accountToken, audience)).toBe("WRONG_AUDIENCE");
  }
});

it("is requested once per audience, also by concurrent calls", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openRegistered();

  const tokens = await tab.page.evaluate(() =>
    Promise.all(
      ["shop", "bank", "shop", "shop"].map((audience) => window.claviger.accessToken({ audience })),
    ),
  );
  const later = await tab.accessToken("shop");

  const values = [...tokens, later].map(valueIn);
  expect(new Set(values).size).toBe(2);
  expect(values[4]).toBe(values[0]);
  expect(tab.calls("IssueAccessToken")).toBe(2);
});

it("is another one after a reauthentication", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();
  const before = valueIn(await tab.accessToken("shop"));

  valueIn(await tab.reauthenticate({ password: dora.password }));
  const after = valueIn(await tab.accessToken("shop"));

  expect(after).not.toBe(before);
  expect(await validateToken(app.server, after, "shop")).toBe("ACTIVE");
});

it("is another one after a change of password, in every tab", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  const other = await erin.openTab();
  valueIn(await other.restore());
  const before = [valueIn(await tab.accessToken("shop")), valueIn(await other.accessToken("shop"))];

  valueIn(await tab.changePassword({ currentPassword: erin.password, newPassword }));

  const here = valueIn(await tab.accessToken("shop"));
  expect(await validateToken(app.server, here, "shop")).toBe("ACTIVE");
  await expect
    .poll(async () => validateToken(app.server, valueIn(await other.accessToken("shop")), "shop"))
    .toBe("ACTIVE");
  for (const old of before) {
    expect(await validateToken(app.server, old, "shop")).toBe("REVOKED");
  }
});

it("does not exist for an audience that the server does not have", async () => {
  const frank = await app.person("Frank");
  const tab = await frank.openRegistered();

  const unknown = failureIn(await tab.accessToken("backend"));
  const own = failureIn(await tab.accessToken(app.server.origin));
  const none = failureIn(await tab.accessToken(""));

  const fields = (reason: string) => [{ field: "audience", reason }];
  expect(unknown).toMatchObject({ kind: "invalid", fields: fields("UNKNOWN") });
  expect(own).toMatchObject({ kind: "invalid", fields: fields("UNKNOWN") });
  expect(none).toMatchObject({ kind: "invalid", fields: fields("REQUIRED") });
});

it("is not available when signed out, and the last one is revoked", async () => {
  const grace = await app.person("Grace");
  const tab = await grace.openRegistered();
  const token = valueIn(await tab.accessToken("shop"));

  valueIn(await tab.signOut());

  expect(endOf(await tab.accessToken("shop"))).toBe("signed-out");
  expect(await validateToken(app.server, token, "shop")).toBe("REVOKED");
});
