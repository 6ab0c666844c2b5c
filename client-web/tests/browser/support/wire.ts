import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { expect } from "vitest";
import { AccountService } from "../../../src/gen/claviger/v1/account_service_pb.js";
import { AuthService } from "../../../src/gen/claviger/v1/auth_service_pb.js";
import { RefreshTokenDelivery } from "../../../src/gen/claviger/v1/resources_pb.js";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import type { Server } from "./server.js";

/** Waits until the server refuses an access token as expired. */
export async function untilExpired(server: Server, accessToken: string): Promise<void> {
  const client = createClient(AccountService, createGrpcWebTransport({ baseUrl: server.origin }));
  const headers = { authorization: `Bearer ${accessToken}` };
  await expect
    .poll(() => client.getAccount({}, { headers }).then(() => "good", codeOf), { timeout: 20_000 })
    .toBe("Unauthenticated");
}

/** Refreshes by cookie like a program that can set any header. Returns the refusal's reason. */
export async function refreshByCookie(
  server: Server,
  headers: Record<string, string>,
): Promise<string> {
  const client = createClient(AuthService, createGrpcWebTransport({ baseUrl: server.origin }));
  const request = { refreshTokenDelivery: RefreshTokenDelivery.COOKIE };
  return client.refreshTokens(request, { headers }).then(
    () => "success",
    (error: unknown) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? "none",
  );
}

function codeOf(error: unknown): string {
  return Code[ConnectError.from(error).code];
}
