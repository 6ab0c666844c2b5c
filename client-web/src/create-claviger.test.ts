import { execFileSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../tests/support/fake-browser.js";
import { FakeClaviger, networkDown } from "../tests/support/fake-claviger.js";
import { createClaviger } from "./create-claviger.js";

describe("createClaviger", () => {
  it("uses no browser API in server-side rendering", () => {
    const channel = vi.fn();
    const fetch = vi.fn();
    vi.stubGlobal("BroadcastChannel", channel);
    vi.stubGlobal("fetch", fetch);

    const claviger = createClaviger();

    expect([claviger.state.kind, claviger.hasUsedPasskeyHere]).toEqual(["unknown", false]);
    expect(channel).not.toHaveBeenCalled();
    expect(fetch).not.toHaveBeenCalled();
  });

  it("does not keep the process of a server-side rendering alive", () => {
    const program = `
      const { createServer } = await import("vite");
      const vite = await createServer({ server: { middlewareMode: true, ws: false }, logLevel: "silent" });
      const { createClaviger } = await vite.ssrLoadModule("/src/index.ts");
      process.stdout.write(createClaviger({ baseUrl: "https://login.example.com" }).state.kind);
      await vite.close();`;

    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      timeout: 30_000,
    });

    expect(output.toString()).toBe("unknown");
  }, 40_000);

  it("requests the server's information once, and again after a failure", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method: "GetServerInfo", error: networkDown() });
    const claviger = createClaviger({ transport: server.transport() });

    const first = await claviger.serverInfo();
    const both = await Promise.all([claviger.serverInfo(), claviger.serverInfo()]);
    await claviger.serverInfo();

    expect(first).toMatchObject({ failure: { kind: "offline" } });
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(server.count("GetServerInfo")).toBe(2);
  });

  it("throws nothing for any arguments", async () => {
    fakeBrowser();
    const claviger = createClaviger({ transport: new FakeClaviger().transport() });
    const nonsense = 7 as never;
    const nothing = undefined as never;

    const answers = [
      await claviger.register(nothing),
      await claviger.signIn({ username: nonsense, password: nonsense }),
      await claviger.reauthenticate(null as never),
      await claviger.passkeys.rename(nonsense, nonsense),
      await claviger.sessions.end(nonsense),
      await claviger.signInWithPasskey({ username: nonsense }),
    ];

    expect(answers.map(({ ok }) => typeof ok)).toEqual(Array(6).fill("boolean"));
    claviger.close();
  });

  it("returns failed, with the cause for debugging, if the server's response is incomplete", async () => {
    const inner = new FakeClaviger().transport();
    const claviger = createClaviger({
      tokenStorage: "memory",
      transport: {
        ...inner,
        unary: async (...call) => {
          const answer = await inner.unary(...call);
          Reflect.deleteProperty(answer.message, "account");
          return answer;
        },
      },
    });

    const answer = await claviger.signIn({ username: "anna", password: "right" });

    expect(answer).toEqual({ ok: false, failure: { kind: "failed" } });
    expect(!answer.ok && Reflect.get(answer.failure, "cause")).toBeInstanceOf(Error);
    expect(claviger.state.kind).toBe("unknown");
  });
});
