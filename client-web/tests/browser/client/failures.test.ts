import { afterEach, describe, expect, it } from "vitest";
import { platform } from "../support/authenticator.js";
import { ageReauthentications, raiseFailures } from "../support/database.js";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const wrong = "not the password of anybody";

describe("a password", () => {
  const app = startTestApp();

  it("is denied alike when it is wrong, when the username does not exist, and when the account has none", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openRegistered();
    await tab.plugIn(platform);
    valueIn(await tab.addPasskey());
    valueIn(await tab.removePassword());
    valueIn(await tab.signOut());
    const bob = await app.person("Bob");
    await bob.openRegistered();

    const outcomes = [
      await tab.signIn(alice.credentials),
      await tab.signIn({ username: bob.username, password: wrong }),
      await tab.signIn({ username: "nobody.at.all", password: wrong }),
    ];

    expect(outcomes.map(endOf)).toEqual(["denied", "denied", "denied"]);
    expect(outcomes.map((it) => failureIn(it).reason)).toEqual(
      outcomes.map(() => "INVALID_CREDENTIALS"),
    );
    expect(new Set(outcomes.map((it) => failureIn(it).requestId)).size).toBe(3);
  });

  it("keeps a user signed in who mistypes it to reauthenticate", async () => {
    const carol = await app.person("Carol");
    const tab = await carol.openRegistered();

    const outcome = await tab.reauthenticate({ password: wrong });

    expect(endOf(outcome)).toBe("denied");
    expect(endOf(await tab.account())).toBe("success");
  });
});

describe("after too many wrong passwords", () => {
  const app = startTestApp();

  // Failures also count per address, which all users of a file share.
  afterEach(() => raiseFailures(app.server, 1));

  it("a user has to wait, and the failure contains for how long", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openRegistered();
    valueIn(await tab.signOut());
    const guesses = [];
    for (let guess = 0; guess < 6; guess += 1) {
      guesses.push(await tab.signIn({ username: alice.username, password: wrong }));
    }

    const failure = failureIn(guesses.at(-1) ?? expect.fail("no guess"));

    expect(guesses.slice(0, 5).map(endOf)).toEqual(Array(5).fill("denied"));
    expect(failure).toMatchObject({ kind: "throttled", seconds: 1, reason: "TOO_MANY_ATTEMPTS" });
  });

  it("the right password waits like a wrong one, and a passkey does not", async () => {
    const bob = await app.person("Bob");
    const tab = await bob.openRegistered();
    await tab.plugIn(platform);
    valueIn(await tab.addPasskey());
    valueIn(await tab.signOut());
    await tab.signIn({ username: bob.username, password: wrong });
    raiseFailures(app.server, 12);

    const failure = failureIn(await tab.signIn(bob.credentials));

    expect(failure).toMatchObject({ kind: "throttled" });
    expect("seconds" in failure && failure.seconds).toBeGreaterThan(100);
    expect(endOf(await tab.signInWithPasskey())).toBe("success");
  });

  it("the username is locked until a passkey unlocks it", async () => {
    const carol = await app.person("Carol");
    const tab = await carol.openRegistered();
    await tab.plugIn(platform);
    valueIn(await tab.addPasskey());
    valueIn(await tab.signOut());
    await tab.signIn({ username: carol.username, password: wrong });
    raiseFailures(app.server, 100);

    const locked = await tab.signIn(carol.credentials);
    const withPasskey = await tab.signInWithPasskey();

    expect(endOf(locked)).toBe("locked");
    expect(endOf(withPasskey)).toBe("success");
  });
});

describe("an authentication older than ten minutes", () => {
  const app = startTestApp();

  it("is too old to add a passkey, until the user reauthenticates with the password", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openRegistered();
    await tab.plugIn(platform);
    ageReauthentications(app.server);
    await tab.reload();
    valueIn(await tab.restore());

    const before = await tab.addPasskey();
    const proof = await tab.reauthenticate({ password: alice.password });
    const after = await tab.addPasskey();

    expect(endOf(before)).toBe("reauthentication-required");
    expect(endOf(proof)).toBe("success");
    expect(endOf(after)).toBe("success");
  });

  it("is too old to remove a passkey, until the user reauthenticates with a passkey", async () => {
    const bob = await app.person("Bob");
    const tab = await bob.openRegistered();
    await tab.plugIn(platform);
    const passkey = valueIn(await tab.addPasskey());
    ageReauthentications(app.server);
    await tab.reload();
    valueIn(await tab.restore());

    const before = await tab.removePasskey(passkey.id);
    const proof = await tab.reauthenticate();
    const after = await tab.removePasskey(passkey.id);

    expect(endOf(before)).toBe("reauthentication-required");
    expect(endOf(proof)).toBe("success");
    expect(endOf(after)).toBe("success");
  });
});

describe("a server that does not respond", () => {
  const app = startTestApp();

  it("is offline, and no user is signed out", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openRegistered();
    await app.server.pause();
    app.expectConsoleError(/ERR_CONNECTION_REFUSED/);

    const away = [await tab.account(), await tab.signIn(alice.credentials), await tab.passkeys()];
    await app.server.resume();

    expect(away.map(endOf)).toEqual(["offline", "offline", "offline"]);
    expect((await tab.state()).kind).toBe("signed-in");
    expect(endOf(await tab.account())).toBe("success");
  });

  it("does not prevent a sign-out here", async () => {
    const bob = await app.person("Bob");
    const tab = await bob.openRegistered({ tokenStorage: "memory" });
    app.expectConsoleError(/ERR_CONNECTION_REFUSED/);
    await app.server.pause();

    const outcome = await tab.signOut();
    await app.server.resume();

    expect(["success", "offline"]).toContain(endOf(outcome));
  });
});
