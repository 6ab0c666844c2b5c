import { expect, it } from "vitest";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("registers a user, signs them in and suggests a passkey", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openTab();

  const afterSignIn = valueIn(
    await tab.register({ ...alice.credentials, displayName: alice.displayName }),
  );

  expect(afterSignIn.account.username).toBe(alice.username);
  expect(afterSignIn.account.displayName).toBe("Alice");
  expect(afterSignIn.account.hasPassword).toBe(true);
  expect(afterSignIn.suggestPasskey).toBe(true);
  expect((await tab.state()).kind).toBe("signed-in");
  expect(await tab.events()).toEqual([{ kind: "signed-in", where: "here" }]);
  expect(valueIn(await tab.account()).username).toBe(alice.username);
});

it("refuses a username that is taken", async () => {
  const alice = await app.person("Alice");
  await alice.openRegistered();
  const mallory = await app.person("Mallory");
  const tab = await mallory.openTab();

  const outcome = await tab.register({ ...mallory.credentials, username: alice.username });

  expect(endOf(outcome)).toBe("taken");
  expect((await tab.state()).kind).not.toBe("signed-in");
});

it("lists every field that violates a rule", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openTab();

  const failure = failureIn(await tab.register({ username: " ", password: "short" }));

  if (failure.kind !== "invalid") {
    expect.fail(`expected invalid, got ${failure.kind}`);
  }
  expect(failure.fields.map((it) => it.field).sort()).toEqual(["password", "username"]);
  expect(failure.fields.find((it) => it.field === "password")?.reason).toBe("TOO_SHORT");
});

it("signs in and out with a password", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openRegistered();

  expect(endOf(await tab.signOut())).toBe("success");
  expect((await tab.state()).kind).toBe("signed-out");
  expect(endOf(await tab.account())).toBe("signed-out");
  const afterSignIn = valueIn(await tab.signIn(carol.credentials));

  expect(afterSignIn.account.username).toBe(carol.username);
  expect(endOf(await tab.account())).toBe("success");
});

it("signs out even if the session had already ended", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();
  valueIn(await tab.signOut());

  expect(endOf(await tab.signOut())).toBe("success");
});

it("returns the server's information before a sign-in, and requests it once", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openTab();

  const [first, second] = await tab.page.evaluate(async () => [
    await window.claviger.serverInfo(),
    await window.claviger.serverInfo(),
  ]);

  expect(valueIn(first).passwordPolicy?.minLength).toBe(15);
  expect(valueIn(second).relyingPartyId).toBe("localhost");
  expect(tab.calls("GetServerInfo")).toBe(1);
});

it("changes the password, ends the other sessions and continues with its own", async () => {
  const frank = await app.person("Frank");
  const tab = await frank.openRegistered();
  const elsewhere = await (await app.person("Frank")).openTab();
  valueIn(await elsewhere.signIn(frank.credentials));
  const newPassword = "seven quiet lamps by the harbour";

  const outcome = await tab.changePassword({ currentPassword: frank.password, newPassword });

  expect(endOf(outcome)).toBe("success");
  expect(endOf(await tab.account())).toBe("success");
  expect(endOf(await elsewhere.account())).toBe("signed-out");
  expect(endOf(await elsewhere.signIn(frank.credentials))).toBe("denied");
  const afterSignIn = await elsewhere.signIn({ username: frank.username, password: newPassword });
  expect(endOf(afterSignIn)).toBe("success");
});

it("deletes the account permanently", async () => {
  const grace = await app.person("Grace");
  const tab = await grace.openRegistered();

  const outcome = await tab.deleteAccount();

  expect(endOf(outcome)).toBe("success");
  expect((await tab.state()).kind).toBe("signed-out");
  expect(endOf(await tab.signIn(grace.credentials))).toBe("denied");
});
