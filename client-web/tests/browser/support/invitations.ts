import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { expect } from "vitest";
import type { Server } from "./server.js";

/** What an invitation is for. */
export interface Invited {
  readonly username?: string;
  readonly displayName?: string;
}

/** Service accounts of the help desk, each with a name of its own. */
let desks = 0;

/**
 * Creates an invitation as the help desk does, with InvitationService.CreateInvitation on the internal
 * port, and returns its link. Written by hand, because the client has no generated code for operators.
 */
export async function invite(server: Server, invited: Invited = {}): Promise<string> {
  desks += 1;
  const key = server.command(
    ...["service-account", "create", `desk-${desks}`, "--role", "help-desk"],
  );
  const request = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(invited.username ?? "")
    .tag(2, WireType.LengthDelimited)
    .string(invited.displayName ?? "")
    .finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(request.length, 1);
  const create = () =>
    fetch(`${server.internalUrl}/claviger.admin.v1.InvitationService/CreateInvitation`, {
      method: "POST",
      headers: { "content-type": "application/grpc-web+proto", authorization: `Bearer ${key}` },
      body: Buffer.concat([head, request]),
    });
  let response = await create();
  // The server reads within a second which service accounts there are.
  await expect
    .poll(
      async () => {
        if (response.headers.has("grpc-message")) response = await create();
        return response.headers.get("grpc-message");
      },
      { timeout: 10_000 },
    )
    .toBeNull();
  const frames = Buffer.from(await response.arrayBuffer());
  const reader = new BinaryReader(frames.subarray(5, 5 + frames.readUInt32BE(1)));
  const fields = new Map<number, string>();
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    fields.set(field, Buffer.from(reader.bytes()).toString());
  }
  return fields.get(2) ?? "";
}
