import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { expect } from "vitest";
import type { Server } from "./server.js";

/** The verdicts of the contract, by number. */
const VERDICTS = [
  "UNSPECIFIED",
  "ACTIVE",
  "EXPIRED",
  "REVOKED",
  "MALFORMED",
  "WRONG_AUDIENCE",
  "STEP_UP_NEEDED",
  "MISSING_GROUP",
] as const;

/**
 * Asks the server about an access token, as the backend of an audience does: TokenService.ValidateToken
 * on the internal port. Written by hand, because the client has no generated code for backends.
 */
export async function validateToken(
  server: Server,
  accessToken: string,
  audience: string,
): Promise<(typeof VERDICTS)[number] | undefined> {
  const request = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(accessToken)
    .tag(2, WireType.LengthDelimited)
    .string(audience)
    .finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(request.length, 1);
  const response = await fetch(`${server.internalUrl}/claviger.v1.TokenService/ValidateToken`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto" },
    body: Buffer.concat([head, request]),
  });
  const refusal = response.headers.get("grpc-message");
  if (!response.ok || refusal !== null) {
    throw new Error(`The token was not validated: ${response.status} ${refusal}`);
  }
  // A gRPC-web frame: a byte of flags, four bytes of length, the message. Trailers follow.
  const frames = Buffer.from(await response.arrayBuffer());
  const reader = new BinaryReader(frames.subarray(5, 5 + frames.readUInt32BE(1)));
  const [field] = reader.tag();
  expect(field, "the first field is the verdict").toBe(1);
  return VERDICTS[reader.int32()];
}

/** Waits until an access token for the audience `backend` has expired by the server's clock. */
export async function untilExpired(server: Server, accessToken: string): Promise<void> {
  await expect
    .poll(() => validateToken(server, accessToken, "backend"), { timeout: 20_000 })
    .toBe("EXPIRED");
}

/** The `aud` of an access token. */
export function audienceOf(accessToken: string): unknown {
  const [, claims = ""] = accessToken.split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString()).aud;
}
