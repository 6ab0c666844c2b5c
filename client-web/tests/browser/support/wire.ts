import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AccountService } from "../../../src/gen/claviger/v1/account_service_pb.js";
import { AuthService } from "../../../src/gen/claviger/v1/auth_service_pb.js";
import { RefreshTokenDelivery } from "../../../src/gen/claviger/v1/resources_pb.js";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import type { Server } from "./server.js";

/** Calls the account API with an access token. Returns the refusal's reason. */
export function getAccountWith(server: Server, accessToken: string): Promise<string> {
  const client = createClient(AccountService, createGrpcWebTransport({ baseUrl: server.origin }));
  const headers = { authorization: `Bearer ${accessToken}` };
  return reasonOf(client.getAccount({}, { headers }));
}

/** Refreshes by cookie like a program that can set any header. Returns the refusal's reason. */
export function refreshByCookie(server: Server, headers: Record<string, string>): Promise<string> {
  const client = createClient(AuthService, createGrpcWebTransport({ baseUrl: server.origin }));
  const request = { refreshTokenDelivery: RefreshTokenDelivery.COOKIE };
  return reasonOf(client.refreshTokens(request, { headers }));
}

/** The reason for which a call was refused, or `success`. */
function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "success",
    (error: unknown) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? "none",
  );
}
