import { beforeEach, describe, expect, it } from "vitest";
import { type Authenticator, platform } from "../support/authenticator.js";
import { countDialogs, openForeignDialog, withoutPasskeys } from "../support/credentials.js";
import { endOf, valueIn } from "../support/outcomes.js";
import { shortenCeremonies } from "../support/short-ceremonies.js";
import type { Tab } from "../support/tab.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

describe("a passkey dialog", () => {
  let tab: Tab;
  let device: Authenticator;

  beforeEach(async () => {
    const alice = await app.person("Alice");
    tab = await alice.openRegistered();
    device = await tab.plugIn(platform);
    valueIn(await tab.addPasskey());
    valueIn(await tab.signOut());
    // From here on dialogs stay open.
    await device.isTouched(false);
  });

  it("is cancelled by the caller", async () => {
    const outcome = await tab.page.evaluate(async () => {
      const abort = new AbortController();
      const pending = window.claviger.signInWithPasskey({ signal: abort.signal });
      setTimeout(() => abort.abort(), 200);
      return pending;
    });

    expect(endOf(outcome)).toBe("cancelled");
    await device.isTouched(true);
    expect(endOf(await tab.signInWithPasskey())).toBe("success");
  });

  it("is not opened for a caller that had already aborted", async () => {
    const outcome = await tab.page.evaluate(() =>
      window.claviger.signInWithPasskey({ signal: AbortSignal.abort() }),
    );

    expect(endOf(outcome)).toBe("cancelled");
  });

  it("gives way to the next one", async () => {
    const opened = await countDialogs(tab.page);
    const first = tab.signInWithPasskey();
    await expect.poll(opened).toBe(1);
    await device.isTouched(true);

    const second = await tab.signInWithPasskey();

    expect(endOf(await first)).toBe("cancelled");
    expect(endOf(second)).toBe("success");
  });

  it("gives way to the next one even before it opened", async () => {
    await device.isTouched(true);

    const outcomes = await tab.page.evaluate(() =>
      Promise.all([
        window.claviger.signInWithPasskey(),
        window.claviger.signInWithPasskey(),
        window.claviger.signInWithPasskey(),
      ]),
    );

    expect(outcomes.map(endOf)).toEqual(["cancelled", "cancelled", "success"]);
  });

  it("gives way when the client is closed", async () => {
    const pending = tab.signInWithPasskey();
    await tab.page.waitForResponse(/StartAuthentication$/);

    await tab.page.evaluate(() => window.claviger.close());

    expect(endOf(await pending)).toBe("cancelled");
  });

  it("is cancelled when the fingerprint does not match", async () => {
    await device.isTouched(true);
    await device.recognises(false);

    const refused = await tab.signInWithPasskey();
    await device.recognises(true);
    const accepted = await tab.signInWithPasskey();

    expect(endOf(refused)).toBe("cancelled");
    expect(endOf(accepted)).toBe("success");
  });

  it("expires when the user does not respond within the server's timeout", async () => {
    await shortenCeremonies(tab.page, 300);

    const outcome = await tab.signInWithPasskey();

    expect(endOf(outcome)).toBe("expired");
    expect((await tab.state()).kind).toBe("signed-out");
  });

  it("is reported busy while the browser shows another page's dialog", async () => {
    await openForeignDialog(tab.page);

    const outcome = await tab.signInWithPasskey();

    expect(endOf(outcome)).toBe("busy");
  });

  it("of autofill gives way to a button's, and is renewed when that one failed", async () => {
    const autofill = tab.signInWithPasskey({ autofill: true });
    await tab.page.waitForResponse(/StartAuthentication$/);

    const button = await tab.page.evaluate(async () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 200);
      return window.claviger.signInWithPasskey({ signal: abort.signal });
    });

    expect(endOf(button)).toBe("cancelled");
    // Autofill's, the button's, and autofill's again.
    await expect.poll(() => tab.calls("StartAuthentication")).toBe(3);
    await tab.page.evaluate(() => window.claviger.close());
    expect(endOf(await autofill)).toBe("cancelled");
  });
});

it("creates a passkey silently or not at all, and gives way to the next dialog", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();
  await tab.plugIn(platform);
  const silent = tab.addPasskey({ silently: true });
  await tab.page.waitForResponse(/StartRegistration$/);

  const loud = await tab.addPasskey();

  expect(["cancelled", "unsupported"]).toContain(endOf(await silent));
  expect(endOf(loud)).toBe("success");
});

it("continues to offer autofill after a refused passkey, and reports the refusal", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openRegistered();
  await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey());
  const elsewhere = await (await app.person("Carol")).openTab();
  valueIn(await elsewhere.signIn(carol.credentials));
  valueIn(await elsewhere.removePasskey(passkey.id));
  valueIn(await tab.signOut());

  const kinds = await tab.page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const kinds: string[] = [];
        window.claviger.signInWithPasskey({
          autofill: true,
          onFailure: (failure) => {
            kinds.push(failure.kind);
            resolve(kinds);
          },
        });
      }),
  );

  expect(kinds).toEqual(["no-passkey"]);
  // The offer has been renewed.
  await expect.poll(() => tab.calls("StartAuthentication")).toBeGreaterThan(1);
});

it("is unsupported in a browser without passkeys, where passwords still work", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openTab();
  await withoutPasskeys(tab.page);
  await tab.reload();

  expect(await tab.capabilities()).toMatchObject({ passkeys: false, autofill: false });
  expect(endOf(await tab.signInWithPasskey())).toBe("unsupported");
  expect(endOf(await tab.register(dora.credentials))).toBe("success");
  expect(endOf(await tab.addPasskey())).toBe("unsupported");
});

it("accepts the response of a ceremony only once", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  await tab.plugIn(platform);
  valueIn(await tab.addPasskey());
  valueIn(await tab.signOut());
  // An attacker on the way sends the response first.
  await tab.page.route(/FinishAuthentication$/, async (route) => {
    await route.fetch();
    await route.continue();
  });

  const outcome = await tab.signInWithPasskey();

  expect(endOf(outcome)).toBe("expired");
});
