import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platform } from "../support/authenticator.js";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import { freePorts } from "../support/ports.js";
import type { Server } from "../support/server.js";
import { StaticSite } from "../support/static-site.js";
import type { Tab } from "../support/tab.js";
import { startTestApp } from "../support/test-app.js";
import { refreshByCookie } from "../support/wire.js";

const [friendPort = 0] = await freePorts(1);
const friendly = `http://localhost:${friendPort}`;

describe("a page of an origin that CORS does not allow", () => {
  const app = startTestApp();
  let site: StaticSite;

  beforeAll(async () => {
    site = await StaticSite.start();
  });
  afterAll(() => site.stop());

  it("gets nothing: the server seems offline", async () => {
    const mallory = await app.person("Mallory");
    app.expectConsoleError(/blocked by CORS policy|ERR_FAILED/);
    const tab = await mallory.openTabAt(site.origin, { baseUrl: app.server.origin });

    const outcomes = [
      await tab.page.evaluate(() => window.claviger.serverInfo()),
      await tab.register(mallory.credentials),
      await tab.signIn(mallory.credentials),
      await tab.signInWithPasskey(),
    ];

    expect(outcomes.map(endOf)).toEqual(outcomes.map(() => "offline"));
  });

  it("cannot use a visitor's cookie, although it is of the same site", async () => {
    const alice = await app.person("Alice");
    const own = await alice.openRegistered();
    const options = { baseUrl: app.server.origin };
    const tab = await alice.openTabAt(site.origin, { ...options, tokenStorage: "cookie" });
    app.expectConsoleError(/blocked by CORS policy|ERR_FAILED|415 \(Unsupported Media Type\)/);
    const before = await alice.context.cookies();

    const restored = await tab.restore();
    const answers = await refreshByHand(tab, app.server);

    expect(endOf(restored)).toBe("foreign-origin");
    expect(answers).toEqual({ asGrpc: "no answer", asForm: "opaque" });
    expect(await alice.context.cookies()).toEqual(before);
    expect(endOf(await own.account())).toBe("success");
  });
});

describe("a page of an origin that CORS allows", () => {
  const app = startTestApp({ flags: ["--cors-origins", friendly] });
  let site: StaticSite;

  beforeAll(async () => {
    site = await StaticSite.start(friendPort);
  });
  afterAll(() => site.stop());

  it("gets values and typed errors, and stores its tokens in memory", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openTabAt(site.origin, { baseUrl: app.server.origin });

    const registered = await tab.register(alice.credentials);
    const denied = await tab.signIn({ username: alice.username, password: "something else here" });
    const invalid = failureIn(await tab.register({ username: "bob", password: "short" }));

    expect(endOf(registered)).toBe("success");
    expect(endOf(denied)).toBe("denied");
    expect(invalid).toMatchObject({ kind: "invalid", fields: [{ field: "password" }] });
    expect(await alice.context.cookies()).toEqual([]);
    await tab.reload({ baseUrl: app.server.origin });
    expect(valueIn(await tab.restore()).kind).toBe("signed-out");
  });

  it("is refused the cookie, which is for the server's own pages", async () => {
    const bob = await app.person("Bob");
    const own = await bob.openRegistered();
    const options = { baseUrl: app.server.origin };
    const tab = await bob.openTabAt(site.origin, { ...options, tokenStorage: "cookie" });
    app.expectConsoleError(/blocked by CORS policy|ERR_FAILED|415 \(Unsupported Media Type\)/);
    const before = await bob.context.cookies();

    const outcomes = [
      await tab.restore(),
      await tab.signIn(bob.credentials),
      await tab.register({ username: "carol", password: bob.password }),
    ];
    const answers = await refreshByHand(tab, app.server);

    expect(outcomes.map(endOf)).toEqual(outcomes.map(() => "foreign-origin"));
    expect(answers).toEqual({ asGrpc: "no answer", asForm: "opaque" });
    expect(await bob.context.cookies()).toEqual(before);
    expect(endOf(await own.account())).toBe("success");
  });

  it("is refused the cookie by the server, whatever the client does", async () => {
    const carol = await app.person("Carol");
    const own = await carol.openRegistered();
    const [cookie] = await carol.context.cookies();
    const value = `${cookie?.name}=${cookie?.value}`;

    const answers = [
      await refreshByCookie(app.server, { cookie: value, origin: site.origin }),
      await refreshByCookie(app.server, { cookie: value, origin: "null" }),
      await refreshByCookie(app.server, { cookie: value }),
    ];
    const sameOrigin = await refreshByCookie(app.server, {
      cookie: value,
      origin: app.server.origin,
    });

    expect(answers).toEqual(answers.map(() => "ORIGIN_REFUSED"));
    expect(sameOrigin).toBe("success");
    expect(endOf(await own.account())).toBe("success");
  });

  it("creates no passkey unless they are valid for its origin", async () => {
    const dora = await app.person("Dora");
    const tab = await dora.openTabAt(site.origin, { baseUrl: app.server.origin });
    const device = await tab.plugIn(platform);
    valueIn(await tab.register(dora.credentials));

    const outcomes = [
      await tab.addPasskey(),
      await tab.page.evaluate(() => window.claviger.passkeys.signUp({ username: "dora-2" })),
    ];

    expect(outcomes.map(endOf)).toEqual(["insecure", "insecure"]);
    expect(await device.credentialIds()).toEqual([]);
    expect(valueIn(await tab.passkeys())).toEqual([]);
  });
});

describe("a page of an origin for which passkeys are valid", () => {
  const app = startTestApp({ flags: ["--relying-party-origins", friendly] });
  let site: StaticSite;

  beforeAll(async () => {
    site = await StaticSite.start(friendPort);
  });
  afterAll(() => site.stop());

  it("adds passkeys and signs in with them", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openTabAt(site.origin, { baseUrl: app.server.origin });
    await tab.plugIn(platform);
    valueIn(await tab.register(alice.credentials));
    valueIn(await tab.addPasskey());
    valueIn(await tab.signOut());

    expect(endOf(await tab.signInWithPasskey())).toBe("success");
  });
});

describe("a page opened by the IP address instead of the name", () => {
  const app = startTestApp();

  it("can use neither passkeys nor the cookie", async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openTabByAddress({ tokenStorage: "memory" });
    await tab.plugIn(platform);
    valueIn(await tab.register(alice.credentials));

    const passkey = await tab.addPasskey();
    await tab.reload({ tokenStorage: "cookie" });
    const afterSignIn = await tab.signIn(alice.credentials);

    expect(endOf(passkey)).toBe("insecure");
    expect(endOf(afterSignIn)).toBe("foreign-origin");
  });
});

/** Tries to refresh with the visitor's cookie without the client and its checks. */
function refreshByHand(tab: Tab, server: Server) {
  return tab.page.evaluate(
    async ([url, frame]) => {
      const request = {
        method: "POST",
        credentials: "include",
        body: new Uint8Array(frame),
      } as const;
      const headers = { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" };
      const result = (answer: Promise<Response>) =>
        answer.then(
          (it) => it.type,
          () => "no answer",
        );
      return {
        // Needs a preflight (CORS), which does not allow cookies.
        asGrpc: await result(fetch(url, { ...request, headers })),
        // Needs no preflight and arrives with the cookie, but in a format that the server refuses.
        asForm: await result(fetch(url, { ...request, mode: "no-cors" })),
      };
    },
    [`${server.origin}/claviger.v1.AuthService/RefreshTokens`, refreshFrame] as const,
  );
}

/** A gRPC-web frame that holds a RefreshTokensRequest with `refresh_token_delivery` COOKIE. */
const refreshFrame = [0, 0, 0, 0, 2, 0x18, 0x02];
