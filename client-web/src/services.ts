import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AccountService } from "./gen/claviger/v1/account_service_pb.js";
import { AuthService } from "./gen/claviger/v1/auth_service_pb.js";
import { PasskeyService } from "./gen/claviger/v1/passkey_service_pb.js";
import { SessionService } from "./gen/claviger/v1/session_service_pb.js";

/** Claviger's services for people. */
export interface Services {
  readonly auth: Client<typeof AuthService>;
  readonly accounts: Client<typeof AccountService>;
  readonly sessions: Client<typeof SessionService>;
  readonly passkeys: Client<typeof PasskeyService>;
}

/** The services behind a transport. */
export function createServices(transport: Transport): Services {
  return {
    auth: createClient(AuthService, transport),
    accounts: createClient(AccountService, transport),
    sessions: createClient(SessionService, transport),
    passkeys: createClient(PasskeyService, transport),
  };
}
