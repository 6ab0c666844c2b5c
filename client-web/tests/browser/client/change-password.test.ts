import { expect, it } from "vitest";
import { platform } from "../support/authenticator.js";
import { countDialogs } from "../support/credentials.js";
import { ageReauthentications } from "../support/database.js";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import type { Person } from "../support/person.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

const newPassword = "seven quiet lamps by the harbour";

/** A person with a password and a passkey. */
async function withPasskey(person: Person) {
  const tab = await person.openRegistered();
  const device = await tab.plugIn(platform);
  valueIn(await tab.addPasskey());
  return { tab, device };
}

it("is refused without the current password or a passkey, although the sign-in is recent", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openRegistered();

  const failure = failureIn(await tab.changePassword({ newPassword }));

  expect(failure).toMatchObject({
    kind: "invalid",
    fields: [{ field: "current_password", reason: "REQUIRED" }],
  });
  expect((await tab.state()).kind).toBe("signed-in");
  valueIn(await tab.signOut());
  expect(endOf(await tab.signIn(alice.credentials))).toBe("success");
});

it("takes the current password, however old the sign-in is", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();
  ageReauthentications(app.server);
  await tab.reload();
  valueIn(await tab.restore());

  const wrong = await tab.changePassword({ currentPassword: "not the password", newPassword });
  const right = await tab.changePassword({ currentPassword: bob.password, newPassword });

  expect([wrong, right].map(endOf)).toEqual(["denied", "success"]);
});

it("takes a passkey in place of the current password, however old the sign-in is", async () => {
  const carol = await app.person("Carol");
  const { tab } = await withPasskey(carol);
  ageReauthentications(app.server);
  await tab.reload();
  valueIn(await tab.restore());

  const outcome = await tab.changePassword({ withPasskey: true, newPassword });

  expect(endOf(outcome)).toBe("success");
  expect(endOf(await tab.account())).toBe("success");
  valueIn(await tab.signOut());
  expect(endOf(await tab.signIn({ username: carol.username, password: newPassword }))).toBe(
    "success",
  );
});

it("changes nothing if the passkey's user is not recognised", async () => {
  const dora = await app.person("Dora");
  const { tab, device } = await withPasskey(dora);
  await device.recognises(false);

  const outcome = await tab.changePassword({ withPasskey: true, newPassword });

  expect(endOf(outcome)).toBe("cancelled");
  expect(tab.calls("ChangePassword")).toBe(0);
  valueIn(await tab.signOut());
  expect(endOf(await tab.signIn(dora.credentials))).toBe("success");
});

it("opens no dialog for an account without passkeys", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  const dialogs = await countDialogs(tab.page);

  const outcome = await tab.changePassword({ withPasskey: true, newPassword });

  expect(endOf(outcome)).toBe("no-passkey");
  expect(await dialogs()).toBe(0);
});

it("needs a recent authentication alone for an account without a password", async () => {
  const frank = await app.person("Frank");
  const { tab } = await withPasskey(frank);
  valueIn(await tab.removePassword());
  ageReauthentications(app.server);
  await tab.reload();
  valueIn(await tab.restore());

  const before = await tab.changePassword({ newPassword });
  valueIn(await tab.reauthenticate());
  const after = await tab.changePassword({ newPassword });

  expect([before, after].map(endOf)).toEqual(["reauthentication-required", "success"]);
  expect(valueIn(await tab.account()).hasPassword).toBe(true);
});
