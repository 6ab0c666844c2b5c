// An in-memory Claviger with the tokens, the cookie and the errors of the real one, for unit tests.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  createRouterTransport,
  type HandlerContext,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";
import { AccountService } from "../../src/gen/claviger/v1/account_service_pb.js";
import { AuthService } from "../../src/gen/claviger/v1/auth_service_pb.js";
import { PasskeyService } from "../../src/gen/claviger/v1/passkey_service_pb.js";
import { RecoveryService } from "../../src/gen/claviger/v1/recovery_service_pb.js";
import {
  type Activity,
  RefreshTokenDelivery,
  SessionSchema,
  type TokenPair,
  TokenPairSchema,
} from "../../src/gen/claviger/v1/resources_pb.js";
import { SessionService } from "../../src/gen/claviger/v1/session_service_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../src/gen/google/rpc/error_details_pb.js";

/** An error as Claviger returns it. */
export function refusal(
  code: Code,
  reason: string,
  more: {
    readonly fields?: MessageInitShape<typeof BadRequestSchema>;
    readonly retry?: MessageInitShape<typeof RetryInfoSchema>;
  } = {},
): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { domain: "claviger", reason } };
  const fields = more.fields ? [{ desc: BadRequestSchema, value: more.fields }] : [];
  const retry = more.retry ? [{ desc: RetryInfoSchema, value: more.retry }] : [];
  return new ConnectError(reason, code, undefined, [info, ...fields, ...retry]);
}

/** The error of `fetch` without a network, as the gRPC-web transport passes it on. */
export function networkDown(): ConnectError {
  return ConnectError.from(new TypeError("Failed to fetch"));
}

/** The refusal of a request with one bad field. */
function invalidField(field: string, reason: string): ConnectError {
  const fields = { fieldViolations: [{ field, reason, description: reason }] };
  return refusal(Code.InvalidArgument, "FIELDS_INVALID", { fields });
}

/** The audiences of the backends. */
const AUDIENCES = ["backend", "shop"];

interface FakeSession {
  readonly id: string;
  readonly username: string;
  live: boolean;
  refreshToken: string;
}

/** A server, and the one browser that its tabs share. */
export class FakeClaviger {
  /** The calls that arrived, by method, in order. */
  readonly calls: string[] = [];
  /** The access tokens that arrived: the account tokens, such as `session-1/1`. */
  readonly bearers: string[] = [];
  /** The request ids of the calls that had one. */
  readonly requestIds: string[] = [];
  readonly sessions: FakeSession[] = [];
  /** What happened to the account, newest first. */
  activity: Activity[] = [];
  /** The browser's cookie. */
  cookie = "";
  /** The lifetime of access tokens. */
  lifetimeMs = 900_000;
  /** Failures for the next calls of a method, before or after the server has acted. */
  readonly failures: { method: string; error: ConnectError; afterwards?: boolean }[] = [];
  /** Delays every call of a method, as a slow network does. */
  readonly delays = new Map<string, Promise<unknown>>();
  /** Delays every response of a method, after the server has acted. */
  readonly responseDelays = new Map<string, Promise<unknown>>();
  /** The credential ids of the account's passkeys. */
  readonly passkeys: Uint8Array<ArrayBuffer>[] = [];
  /** The origins whose passkeys it accepts. */
  origins = ["https://login.example.com"];
  /** A username that another account has. */
  taken = "";
  /** The invitation that is open: it is for `anna`. */
  invitation = "";
  /** The invitations of the sign-ups that had one. */
  readonly invitations: string[] = [];
  /** What each recovery was to change. */
  readonly recovered: { readonly endSessions?: boolean; readonly removeCredentials: boolean }[] =
    [];
  /** When the account was created. */
  createTime: Timestamp | undefined;
  /** Whether the account has a password, which is `right`. */
  hasPassword = true;
  #expired = new Set<string>();
  #tokens = 0;

  /** Expires every access token that was issued so far. */
  expireAccessTokens(): void {
    for (let token = 1; token <= this.#tokens; token += 1) this.#expired.add(String(token));
  }

  /** How many calls of a method arrived. */
  count(method: string): number {
    return this.calls.filter((call) => call === method).length;
  }

  /** A transport of a tab to this server. */
  transport(): Transport {
    const inner = createRouterTransport((router) => {
      router.service(AuthService, this.#auth());
      router.service(AccountService, this.#account());
      router.service(SessionService, this.#session());
      router.service(PasskeyService, this.#passkey());
      router.service(RecoveryService, this.#recovery());
    });
    return {
      stream: (...call) => inner.stream(...call),
      unary: async (method, ...rest) => {
        this.calls.push(method.name);
        await this.delays.get(method.name);
        const next = this.failures.findIndex((failure) => failure.method === method.name);
        const [failure] = next < 0 ? [] : this.failures.splice(next, 1);
        if (failure && !failure.afterwards) throw failure.error;
        const answer = await inner.unary(method, ...rest);
        await this.responseDelays.get(method.name);
        if (failure) throw failure.error;
        return answer;
      },
    };
  }

  open(username: string, delivery: RefreshTokenDelivery): TokenPair {
    const id = `session-${this.sessions.length + 1}`;
    const session = { id, username, live: true, refreshToken: "" };
    this.sessions.push(session);
    return this.#tokensOf(session, delivery);
  }

  end(sessionId: string): void {
    for (const session of this.sessions) {
      if (session.id === sessionId) session.live = false;
    }
  }

  #tokensOf(session: FakeSession, delivery: RefreshTokenDelivery): TokenPair {
    this.#tokens += 1;
    session.refreshToken = `refresh-${this.#tokens}`;
    const inCookie = delivery === RefreshTokenDelivery.COOKIE;
    if (inCookie) this.cookie = session.refreshToken;
    return create(TokenPairSchema, {
      accessToken: `${session.id}/${this.#tokens}`,
      accessTokenExpireTime: timestampFromMs(Date.now() + this.lifetimeMs),
      refreshToken: inCookie ? "" : session.refreshToken,
      sessionId: session.id,
    });
  }

  #times() {
    return this.createTime && { createTime: this.createTime };
  }

  #invited(invitation: string): void {
    if (invitation !== this.invitation) {
      throw refusal(Code.PermissionDenied, "INVITATION_INVALID");
    }
    this.invitations.push(invitation);
  }

  #caller({ requestHeader }: HandlerContext): FakeSession {
    const bearer = requestHeader.get("authorization")?.replace("Bearer ", "");
    if (!bearer) throw refusal(Code.Unauthenticated, "ACCESS_TOKEN_MISSING");
    this.bearers.push(bearer);
    const [id, token = ""] = bearer.split("/");
    const session = this.sessions.find((it) => it.id === id);
    if (!session) throw refusal(Code.Unauthenticated, "ACCESS_TOKEN_INVALID");
    if (this.#expired.has(token)) throw refusal(Code.Unauthenticated, "ACCESS_TOKEN_EXPIRED");
    if (!session.live) throw refusal(Code.Unauthenticated, "SESSION_ENDED");
    return session;
  }

  #holder(request: { refreshToken: string; refreshTokenDelivery: RefreshTokenDelivery }) {
    const inCookie = request.refreshTokenDelivery === RefreshTokenDelivery.COOKIE;
    const token = inCookie ? this.cookie : request.refreshToken;
    if (!token) throw refusal(Code.Unauthenticated, "REFRESH_TOKEN_MISSING");
    const session = this.sessions.find(({ refreshToken }) => refreshToken === token);
    if (!session) throw refusal(Code.Unauthenticated, "REFRESH_TOKEN_INVALID");
    return session;
  }

  #auth(): Partial<ServiceImpl<typeof AuthService>> {
    const server = this;
    return {
      getServerInfo: () => ({ issuer: "fake", origins: server.origins }),
      getInvitation({ invitation }) {
        server.#invited(invitation);
        return { username: "anna", displayName: "Anna" };
      },
      register(request) {
        server.requestIds.push(request.requestId);
        if (request.invitation) server.#invited(request.invitation);
        const { username } = request;
        const tokens = server.open(username, request.refreshTokenDelivery);
        return { account: { username }, tokens, suggestPasskey: true };
      },
      login(request) {
        const { username, password } = request;
        if (password !== "right") throw refusal(Code.Unauthenticated, "INVALID_CREDENTIALS");
        return {
          account: { username, ...server.#times() },
          tokens: server.open(username, request.refreshTokenDelivery),
        };
      },
      refreshTokens(request) {
        server.requestIds.push(request.requestId);
        const session = server.#holder(request);
        if (!session.live) throw refusal(Code.Unauthenticated, "SESSION_ENDED");
        return { tokens: server.#tokensOf(session, request.refreshTokenDelivery) };
      },
      logout(request) {
        const session = server.#holder(request);
        if (request.refreshTokenDelivery === RefreshTokenDelivery.COOKIE) server.cookie = "";
        session.live = false;
        return {};
      },
      issueAccessToken(request, context) {
        server.#caller(context);
        const { audience } = request;
        if (!AUDIENCES.includes(audience)) {
          throw invalidField("audience", audience ? "UNKNOWN" : "REQUIRED");
        }
        return { accessToken: `${audience} for ${server.bearers.at(-1)}` };
      },
      reauthenticate(request, context) {
        const session = server.#caller(context);
        if (request.password !== "right") {
          throw refusal(Code.Unauthenticated, "INVALID_CREDENTIALS");
        }
        server.#tokens += 1;
        return {
          accessToken: `${session.id}/${server.#tokens}`,
          accessTokenExpireTime: timestampFromMs(Date.now() + server.lifetimeMs),
        };
      },
    };
  }

  #account(): Partial<ServiceImpl<typeof AccountService>> {
    const server = this;
    return {
      getAccount: (_, context) => ({
        account: { username: server.#caller(context).username, ...server.#times() },
      }),
      changePassword(request, context) {
        const { id, username } = server.#caller(context);
        const { currentPassword, passkey } = request;
        if (passkey) {
          if (passkey.ceremonyId !== "ceremony") throw refusal(Code.NotFound, "CEREMONY_NOT_FOUND");
          if (passkey.credential?.rawId[0] !== 7) {
            throw refusal(Code.Unauthenticated, "PASSKEY_REFUSED");
          }
        } else if (server.hasPassword && !currentPassword) {
          throw invalidField("current_password", "REQUIRED");
        } else if (server.hasPassword && currentPassword !== "right") {
          throw refusal(Code.Unauthenticated, "INVALID_CREDENTIALS");
        }
        server.end(id);
        return { tokens: server.open(username, request.refreshTokenDelivery) };
      },
      removePassword: (_, context) => {
        server.#caller(context);
        return {};
      },
      listActivity(request, context) {
        server.#caller(context);
        const at = Number(request.pageToken || 0);
        const next = at + (request.pageSize || 20);
        const nextPageToken = next < server.activity.length ? String(next) : "";
        return { activity: server.activity.slice(at, next), nextPageToken };
      },
      deleteAccount: (_, context) => {
        server.end(server.#caller(context).id);
        return {};
      },
    };
  }

  #session(): Partial<ServiceImpl<typeof SessionService>> {
    const server = this;
    return {
      listSessions(request, context) {
        server.#caller(context);
        const at = Number(request.pageToken || 0);
        const sessions = server.sessions
          .slice(at, at + 1)
          .map(({ id }) => create(SessionSchema, { id }));
        const nextPageToken = at + 1 < server.sessions.length ? String(at + 1) : "";
        return { sessions, nextPageToken };
      },
      revokeSession(request, context) {
        server.#caller(context);
        server.end(request.sessionId);
        return {};
      },
      revokeOtherSessions(_, context) {
        const { id } = server.#caller(context);
        const others = server.sessions.filter((session) => session.live && session.id !== id);
        for (const other of others) other.live = false;
        return { revokedCount: others.length };
      },
    };
  }

  #passkey(): Partial<ServiceImpl<typeof PasskeyService>> {
    const server = this;
    const options = { challenge: new Uint8Array([1]), rpId: "example.com", allowCredentials: [] };
    return {
      startSignUp(request) {
        const { username } = request;
        if (request.invitation) server.#invited(request.invitation);
        if (username === server.taken) throw refusal(Code.AlreadyExists, "USERNAME_TAKEN");
        return { ceremonyId: "ceremony", options: { rp: { id: "example.com" } } };
      },
      finishSignUp(request) {
        if (request.credential?.rawId[0] !== 7) {
          throw refusal(Code.Unauthenticated, "PASSKEY_REFUSED");
        }
        const { username } = request;
        if (request.invitation) server.#invited(request.invitation);
        const tokens = server.open(username, request.refreshTokenDelivery);
        const passkey = { id: "passkey-1", name: request.passkeyName };
        return { account: { username, displayName: request.displayName }, tokens, passkey };
      },
      startAuthentication: () => ({ ceremonyId: "ceremony", options }),
      finishAuthentication(request) {
        if (request.credential?.rawId[0] !== 7) {
          throw refusal(Code.Unauthenticated, "PASSKEY_UNKNOWN");
        }
        const tokens = server.open("anna", request.refreshTokenDelivery);
        return { account: { username: "anna" }, tokens };
      },
      startReauthentication(_, context) {
        server.#caller(context);
        const allowCredentials = server.passkeys.map((id) => ({ id, type: "public-key" }));
        return { ceremonyId: "ceremony", options: { ...options, allowCredentials } };
      },
      startRegistration: () => ({ ceremonyId: "ceremony", options: { rp: { id: "example.com" } } }),
      finishRegistration: (request) => ({
        passkey: { id: "passkey-1", name: request.name },
      }),
      listPasskeys: () => ({
        passkeys: [{ id: "passkey-1", credentialId: new Uint8Array([7]) }],
      }),
      deletePasskey: () => ({}),
      updatePasskey: (request) => ({
        passkey: { id: "passkey-1", name: request.passkey?.name ?? "" },
      }),
      getPasskeySignals: () => ({
        relyingPartyId: "example.com",
        userId: new Uint8Array([255]),
        allAcceptedCredentialIds: [new Uint8Array([251, 255])],
        name: "anna",
        displayName: "Anna",
      }),
    };
  }

  #recovery(): Partial<ServiceImpl<typeof RecoveryService>> {
    const server = this;
    const account = { username: "anna" };
    const begun = (recovery: string) => {
      if (recovery !== "recovery") throw refusal(Code.Aborted, "RECOVERY_ENDED");
    };
    return {
      createRecoveryCodes: (_, context) => {
        server.#caller(context);
        return { codes: ["right", "other"] };
      },
      startRecovery({ username, code, link }) {
        if (link && link !== "clv_rl_right") {
          throw refusal(Code.PermissionDenied, "RECOVERY_LINK_INVALID");
        }
        if (!link && (username !== "anna" || code !== "right")) {
          throw refusal(Code.PermissionDenied, "RECOVERY_CODE_INVALID");
        }
        return { recovery: "recovery", username: "anna", hasPassword: true };
      },
      recoverWithPassword({ recovery, removeCredentials, refreshTokenDelivery }) {
        begun(recovery);
        server.recovered.push({ removeCredentials });
        return { account, tokens: server.open("anna", refreshTokenDelivery) };
      },
      startPasskeyRecovery({ recovery }) {
        begun(recovery);
        return { ceremonyId: "ceremony", options: { rp: { id: "example.com" } } };
      },
      finishPasskeyRecovery(request) {
        const { recovery, credential, endSessions, removeCredentials } = request;
        begun(recovery);
        if (credential?.rawId[0] !== 7) throw refusal(Code.Unauthenticated, "PASSKEY_REFUSED");
        server.recovered.push({ endSessions, removeCredentials });
        return { account, tokens: server.open("anna", request.refreshTokenDelivery) };
      },
    };
  }
}
