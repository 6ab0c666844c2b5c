import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { ErrorReason } from "../gen/claviger/v1/error_reason_pb.js";
import type { FailureKind } from "./failure.js";
import { failureOfStatus } from "./failure-of-status.js";

/** The kind of each reason, written out so that a new reason must be added here. */
const KINDS: Record<Exclude<keyof typeof ErrorReason, "UNSPECIFIED">, FailureKind> = {
  INVALID_CREDENTIALS: "denied",
  PASSKEY_REFUSED: "refused",
  PASSKEY_UNKNOWN: "no-passkey",
  ACCESS_TOKEN_MISSING: "signed-out",
  ACCESS_TOKEN_EXPIRED: "failed",
  ACCESS_TOKEN_INVALID: "failed",
  SESSION_ENDED: "signed-out",
  REFRESH_TOKEN_INVALID: "signed-out",
  REFRESH_TOKEN_REUSED: "signed-out",
  REFRESH_TOKEN_MISSING: "signed-out",
  REAUTHENTICATION_REQUIRED: "reauthentication-required",
  LAST_SIGN_IN_METHOD: "last-way-in",
  PASSKEY_LIMIT_REACHED: "too-many-passkeys",
  CEREMONY_NOT_FOUND: "expired",
  PASSKEY_NOT_FOUND: "not-found",
  SESSION_NOT_FOUND: "not-found",
  ACCOUNT_DISABLED: "disabled",
  PASSKEY_SUSPENDED: "suspended",
  REGISTRATION_CLOSED: "closed",
  INVITATION_INVALID: "not-invited",
  RECOVERY_CODE_INVALID: "wrong-code",
  RECOVERY_LINK_INVALID: "wrong-link",
  RECOVERY_ENDED: "expired",
  RECOVERY_LINK_NOT_FOUND: "failed",
  USERNAME_TAKEN: "taken",
  PASSKEY_ALREADY_REGISTERED: "already-registered",
  FIELDS_INVALID: "invalid",
  MESSAGE_MALFORMED: "failed",
  MESSAGE_TOO_LARGE: "failed",
  METHOD_NOT_FOUND: "failed",
  CALLER_UNKNOWN: "failed",
  AUDIENCE_DENIED: "failed",
  OPERATOR_ONLY: "failed",
  ROLE_INSUFFICIENT: "failed",
  ACCOUNT_NOT_FOUND: "failed",
  ETAG_MISMATCH: "failed",
  CURSOR_INVALID: "failed",
  SERVICE_ACCOUNT_NOT_FOUND: "failed",
  SIGNING_KEY_NOT_FOUND: "failed",
  INVITATION_NOT_FOUND: "failed",
  INVITATION_LIMIT_REACHED: "failed",
  ACCOUNT_HAS_CREDENTIAL: "failed",
  SERVICE_ACCOUNT_EXISTS: "failed",
  WATCHER_TOO_SLOW: "failed",
  ORIGIN_REFUSED: "foreign-origin",
  TOO_MANY_ATTEMPTS: "throttled",
  PASSWORD_LOCKED: "locked",
  TOO_MANY_CEREMONIES: "throttled",
  OVERLOADED: "unavailable",
  DATABASE_UNAVAILABLE: "unavailable",
  REVOCATIONS_STALE: "unavailable",
  DEADLINE_EXCEEDED: "unavailable",
  GROUP_REQUIRED: "failed",
  INTERNAL: "failed",
};

const reasons = Object.keys(ErrorReason).filter(
  (it): it is keyof typeof KINDS => it !== "UNSPECIFIED",
);

describe("failureOfStatus", () => {
  it.each(reasons)("has a kind for the reason %s", (reason) => {
    const failure = failureOfStatus(refusal(Code.Internal, reason));

    expect(failure).toMatchObject({ kind: KINDS[reason], reason });
  });

  it("lists every violated field", () => {
    const fieldViolations = [
      { field: "username", reason: "REQUIRED", description: "must be given" },
      { field: "password", reason: "TOO_SHORT", description: "must have at least 15 characters" },
    ];
    const error = refusal(Code.InvalidArgument, "FIELDS_INVALID", { fields: { fieldViolations } });

    const failure = failureOfStatus(error);

    expect(failure).toEqual({ kind: "invalid", reason: "FIELDS_INVALID", fields: fieldViolations });
  });

  it("rounds the wait up to whole seconds", () => {
    const retry = { retryDelay: { seconds: 2n, nanos: 1_000_000 } };

    const failure = failureOfStatus(
      refusal(Code.ResourceExhausted, "TOO_MANY_ATTEMPTS", { retry }),
    );

    expect(failure).toMatchObject({ kind: "throttled", seconds: 3 });
  });

  it("waits one second if the server does not say how long", () => {
    const failure = failureOfStatus(refusal(Code.Unavailable, "OVERLOADED"));

    expect(failure).toMatchObject({ kind: "unavailable", seconds: 1 });
  });

  it("uses the status code if the reason is newer than this client", () => {
    const failure = failureOfStatus(refusal(Code.Unavailable, "SOMETHING_NEW"));

    expect(failure).toMatchObject({ kind: "unavailable", reason: "SOMETHING_NEW" });
  });

  it("ignores reasons of other domains", () => {
    const info = { type: "google.rpc.ErrorInfo", value: new Uint8Array() };
    const error = new ConnectError("no", Code.Unauthenticated);
    error.details.push(info);

    expect(failureOfStatus(error)).toEqual({ kind: "failed" });
  });

  it.each([
    ["the network is down", networkDown(), "offline"],
    ["no answer came in time", new ConnectError("late", Code.DeadlineExceeded), "offline"],
    ["a proxy has no server", new ConnectError("HTTP 502", Code.Unavailable), "unavailable"],
    ["something else answers", new ConnectError("missing trailer", Code.Unknown), "failed"],
    ["this client has a fault", new Error("oops"), "failed"],
  ])("finds the kind without a reason when %s", (_, error, kind) => {
    expect(failureOfStatus(error)).toMatchObject({ kind });
  });

  it("contains the request id of the server's log", () => {
    const error = refusal(Code.Internal, "INTERNAL");
    error.metadata.set("x-request-id", "abc");

    expect(failureOfStatus(error)).toMatchObject({ requestId: "abc" });
  });

  it("keeps the cause for debugging and out of logs", () => {
    const failure = failureOfStatus(new Error("secret"));

    expect(JSON.stringify(failure)).toBe('{"kind":"failed"}');
    expect(Reflect.get(failure, "cause")).toMatchObject({ rawMessage: "secret" });
  });
});
