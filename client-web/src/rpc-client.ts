import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AccountService } from "./gen/claviger/v1/account_service_pb.js";
import { AuthService } from "./gen/claviger/v1/auth_service_pb.js";
import { PasskeyService } from "./gen/claviger/v1/passkey_service_pb.js";
import { SessionService } from "./gen/claviger/v1/session_service_pb.js";

/** The methods of Claviger's services for people: no two have the same name. */
export type Server = Client<typeof AuthService> &
  Client<typeof AccountService> &
  Client<typeof SessionService> &
  Client<typeof PasskeyService>;

/** The server behind a transport. */
export function createServer(transport: Transport): Server {
  return {
    ...createClient(AuthService, transport),
    ...createClient(AccountService, transport),
    ...createClient(SessionService, transport),
    ...createClient(PasskeyService, transport),
  };
}
