import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AccountService } from "./gen/claviger/v1/account_service_pb.js";
import { AuthService } from "./gen/claviger/v1/auth_service_pb.js";
import { PasskeyService } from "./gen/claviger/v1/passkey_service_pb.js";
import { RecoveryService } from "./gen/claviger/v1/recovery_service_pb.js";
import { SessionService } from "./gen/claviger/v1/session_service_pb.js";

/** The methods of all services of the account API. No two services have a method of the same name. */
export type RpcClient = Client<typeof AuthService> &
  Client<typeof AccountService> &
  Client<typeof SessionService> &
  Client<typeof PasskeyService> &
  Client<typeof RecoveryService>;

/** Creates a client that calls the server over `transport`. */
export function createRpcClient(transport: Transport): RpcClient {
  return {
    ...createClient(AuthService, transport),
    ...createClient(AccountService, transport),
    ...createClient(SessionService, transport),
    ...createClient(PasskeyService, transport),
    ...createClient(RecoveryService, transport),
  };
}
