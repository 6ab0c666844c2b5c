import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PasskeySchema } from "../../gen/claviger/v1/resources_pb.js";
import { passkeyKind } from "./passkey-kind.js";

test.each([
  ["a synced passkey", { backedUp: true, transports: ["internal", "hybrid"] }, "cloud"],
  ["one of this computer", { transports: ["internal"] }, "computer"],
  ["one on a phone that was reached from here", { transports: ["hybrid"] }, "phone"],
  ["a security key", { transports: ["usb", "nfc"] }, "security-key"],
  ["one without transports", { transports: [] }, "computer"],
] as const)("%s is known by its flags and transports", (_, given, kind) => {
  const passkey = create(PasskeySchema, { ...given, transports: [...given.transports] });

  expect(passkeyKind(passkey)).toBe(kind);
});
