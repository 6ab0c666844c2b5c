import type { GetServerInfoResponse } from "./gen/claviger/v1/auth_service_pb.js";
import type { Outcome } from "./outcome/outcome.js";
import type { RpcClient } from "./rpc-client.js";
import { call } from "./session/call.js";

/** Returns the server's information. */
export type ServerInfo = () => Promise<Outcome<GetServerInfoResponse>>;

/** The server's information cannot change while a page is open. A failure is not cached. */
export function cachedServerInfo(server: RpcClient): ServerInfo {
  let cached: Promise<Outcome<GetServerInfoResponse>> | undefined;
  return async () => {
    cached ??= call(server.getServerInfo, {});
    const info = await cached;
    if (!info.ok) cached = undefined;
    return info;
  };
}
