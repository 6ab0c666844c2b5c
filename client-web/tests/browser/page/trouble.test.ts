import { describe, expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { blockCookies } from "../support/blocked-cookies.js";
import { withoutPasskeys } from "../support/credentials.js";
import { startTestApp } from "../support/test-app.js";

describe("the page", () => {
  const app = startTestApp();

  it("shows when the server does not respond, and continues when it does", async () => {
    const alice = await app.person("Alice");
    await (await alice.openRegistered()).signOut();
    const visit = await alice.visit();
    await visit.open("/");
    await visit.sees(en.signIn.heading);
    app.expectConsoleError(/ERR_CONNECTION_REFUSED/);
    await app.server.pause();

    await visit.signIn();

    await visit.isAlertedTo(en.failures.offline);
    await visit.look("sign-in-offline");
    await app.server.resume();
    await visit.press(en.signIn.submit);
    await visit.arrivesAt(en.offer.heading);
  });

  it("shows when it cannot start, and starts by a button", async () => {
    const bob = await app.person("Bob");
    const visit = await bob.visit();
    app.expectConsoleError(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
    await visit.page.route(/claviger\.v1/, (route) => route.abort("internetdisconnected"));
    await visit.open("/");
    await visit.sees(en.start.offline);
    await visit.isAlertedTo(en.failures.offline);
    await visit.look("start-offline");
    await visit.page.unrouteAll();

    await visit.press(en.common.retry);

    await visit.arrivesAt(en.signIn.heading);
  });

  it("keeps a user signed in who was offline for a while", async () => {
    const carol = await app.person("Carol");
    const visit = await carol.visit();
    await visit.plugIn(platform);
    await visit.signUpWithoutPasskey();
    app.expectConsoleError(/ERR_INTERNET_DISCONNECTED/);
    await carol.context.setOffline(true);

    await visit.press(en.passkeys.add);

    await visit.isAlertedTo(en.failures.offline);
    await visit.look("account-offline");
    await carol.context.setOffline(false);
    await visit.press(en.passkeys.add);
    await visit.isNotifiedOf("is ready");
  });

  it("has no passkey button in a browser without passkeys, and passwords work", async () => {
    const dora = await app.person("Dora");
    const visit = await dora.visit();
    await withoutPasskeys(visit.page);
    await visit.open("/");
    await visit.sees(en.signIn.heading);

    expect(await visit.page.getByRole("button", { name: /passkey/i }).count()).toBe(0);
    await visit.look("sign-in-without-passkeys");
    await visit.press(en.signIn.signUp);
    await visit.type(en.common.username, dora.username);
    await visit.type(en.common.password, dora.password);
    await visit.press(en.signUp.submit);

    // There is nothing to offer.
    await visit.arrivesAt(en.account.heading(dora.username));
    await visit.reads(en.passkeys.unsupported);
    await visit.look("account-without-passkey-support");
  });

  it("works where cookies are blocked, and says that the sign-in does not last", async () => {
    const kim = await app.person("Kim");
    const visit = await kim.visit();
    await blockCookies(visit.page);
    await visit.open("/sign-up");
    await visit.page.getByText(en.signIn.noCookies).waitFor();
    await visit.look("sign-up-without-cookies");

    await visit.signUpWithoutPasskey();

    await kim.context.clearCookies();
    await visit.open("/account");
    await visit.page.getByText(en.signIn.noCookies).waitFor();
  });

  it("leads from the IP address to the name for which passkeys are valid", async () => {
    const erin = await app.person("Erin");
    const visit = await erin.visit();
    await visit.page.goto(`http://127.0.0.1:${app.server.port}/sign-up`);
    await visit.sees(en.start.wrongAddress);
    await visit.look("wrong-address");

    await visit.page.getByRole("link", { name: `${app.server.origin}/sign-up` }).click();

    await visit.sees(en.signUp.heading);
    expect(visit.page.url()).toBe(`${app.server.origin}/sign-up`);
  });

  it("goes back and forth with the browser's buttons, and shows no account when signed out", async () => {
    const frank = await app.person("Frank");
    const visit = await frank.visit();
    await visit.open("/");
    await visit.press(en.signIn.signUp);
    await visit.arrivesAt(en.signUp.heading);

    await visit.page.goBack();
    await visit.sees(en.signIn.heading);
    await visit.page.goForward();
    await visit.sees(en.signUp.heading);
    await visit.open("/account");

    await visit.sees(en.signIn.heading);
    expect(new URL(visit.page.url()).pathname).toBe("/");
  });

  it("has no motion for users who prefer reduced motion", async () => {
    const judy = await app.person("Judy");
    const visit = await judy.visit();
    await visit.open("/");
    const submit = visit.button(en.signIn.submit);

    const moves = () => submit.evaluate((it) => getComputedStyle(it).transitionDuration);

    expect(await moves()).toMatch(/^0s/);
    await visit.page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await moves()).not.toMatch(/^0s/);
  });

  it("has the title of the view", async () => {
    const grace = await app.person("Grace");
    const visit = await grace.visit();
    await visit.open("/");
    await visit.sees(en.signIn.heading);
    await expect.poll(() => visit.page.title()).toContain(en.signIn.heading);

    await visit.press(en.signIn.signUp);

    await expect.poll(() => visit.page.title()).toContain(en.signUp.heading);
  });

  it("is served with strict headers, and is not cached", async () => {
    const heidi = await app.person("Heidi");
    const visit = await heidi.visit();

    const headers = (await visit.open("/"))?.headers() ?? {};

    const policy = headers["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["permissions-policy"]).toContain("publickey-credentials-get=(self)");
  });

  it("reports a violation of its policy, which would fail these tests", async () => {
    const ivan = await app.person("Ivan");
    const visit = await ivan.visit();
    await visit.open("/");
    await visit.sees(en.signIn.heading);
    app.expectConsoleError(/requires 'TrustedScript' assignment|Content Security Policy/);

    const ran = await visit.page.evaluate(() => {
      const script = document.createElement("script");
      try {
        script.text = "window.broken = true";
        document.body.append(script);
      } catch {
        // Trusted Types refuse the text already.
      }
      return "broken" in window;
    });

    expect(ran).toBe(false);
  });
});
