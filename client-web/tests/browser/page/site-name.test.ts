import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { GetServerInfoResponseSchema } from "../../../src/gen/claviger/v1/auth_service_pb.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp({ flags: ["--relying-party-name", "Anna’s Bakery"] });

it("shows the name of the site above its views and in the title", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();

  await visit.open("/");
  await visit.sees(en.signIn.heading);

  await expect.poll(() => visit.page.locator(".site-name").textContent()).toBe("Anna’s Bakery");
  await expect.poll(() => visit.page.title()).toBe(`${en.signIn.heading} · Anna’s Bakery`);
});

it("shows the host where a server of an earlier version does not say the name", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.page.route("**/claviger.v1.AuthService/GetServerInfo", async (route) => {
    const response = await route.fetch();
    const frames = await response.body();
    // A gRPC-web frame: a byte of flags, four bytes of length, the message. Trailers follow.
    const end = 5 + frames.readUInt32BE(1);
    const info = fromBinary(GetServerInfoResponseSchema, frames.subarray(5, end));
    const changed = toBinary(GetServerInfoResponseSchema, { ...info, relyingPartyName: "" });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(changed.length, 1);
    await route.fulfill({ response, body: Buffer.concat([head, changed, frames.subarray(end)]) });
  });

  await visit.open("/");
  await visit.sees(en.signIn.heading);

  await expect.poll(() => visit.page.locator(".site-name").textContent()).toBe("localhost");
});
