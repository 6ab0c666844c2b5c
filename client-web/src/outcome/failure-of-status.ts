import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ErrorReason } from "../gen/claviger/v1/error_reason_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";
import type { Failure, FailureKind } from "./failure.js";
import { unexpectedFailure } from "./unexpected-failure.js";

/** Reasons that are errors of the server or of this client: always `failed`. */
type InternalReason =
  | "UNSPECIFIED"
  | "INTERNAL"
  | "MESSAGE_MALFORMED"
  | "MESSAGE_TOO_LARGE"
  | "METHOD_NOT_FOUND"
  // Only on the internal port, which browsers do not call.
  | "CALLER_UNKNOWN"
  | "AUDIENCE_DENIED"
  | "OPERATOR_ONLY"
  | "ROLE_INSUFFICIENT"
  | "ACCOUNT_NOT_FOUND"
  | "ETAG_MISMATCH"
  | "CURSOR_INVALID"
  | "SERVICE_ACCOUNT_NOT_FOUND"
  | "SERVICE_ACCOUNT_EXISTS"
  | "SIGNING_KEY_NOT_FOUND"
  | "INVITATION_NOT_FOUND"
  | "INVITATION_LIMIT_REACHED"
  | "RECOVERY_LINK_NOT_FOUND"
  | "ACCOUNT_HAS_CREDENTIAL"
  | "WATCHER_TOO_SLOW"
  // Only from services that verify access tokens.
  | "GROUP_REQUIRED"
  // Only after a refresh: before one, the client refreshes instead of failing.
  | "ACCESS_TOKEN_EXPIRED"
  | "ACCESS_TOKEN_INVALID";

/** The kind for every other reason. A new reason that is missing here does not compile. */
const KINDS: Record<Exclude<keyof typeof ErrorReason, InternalReason>, FailureKind> = {
  INVALID_CREDENTIALS: "denied",
  PASSKEY_REFUSED: "refused",
  PASSKEY_UNKNOWN: "no-passkey",
  ACCESS_TOKEN_MISSING: "signed-out",
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
  USERNAME_TAKEN: "taken",
  PASSKEY_ALREADY_REGISTERED: "already-registered",
  FIELDS_INVALID: "invalid",
  ORIGIN_REFUSED: "foreign-origin",
  TOO_MANY_ATTEMPTS: "throttled",
  PASSWORD_LOCKED: "locked",
  TOO_MANY_CEREMONIES: "throttled",
  OVERLOADED: "unavailable",
  DATABASE_UNAVAILABLE: "unavailable",
  REVOCATIONS_STALE: "unavailable",
  DEADLINE_EXCEEDED: "unavailable",
};

/** The failure for the error of a call: by the server's reason, or else by the status code. */
export function failureOfStatus(error: unknown): Failure {
  const status = ConnectError.from(error);
  const info = status.findDetails(ErrorInfoSchema).find(({ domain }) => domain === "claviger");
  const requestId = status.metadata.get("x-request-id");
  const kind =
    (info && (KINDS as Partial<Record<string, FailureKind>>)[info.reason]) ?? kindOf(status);
  return Object.assign(
    detailed(kind, status),
    info && { reason: info.reason },
    requestId && { requestId },
  );
}

/** For errors without a reason: of the network, of this client, or of a proxy. */
function kindOf({ code, cause }: ConnectError): FailureKind {
  // `fetch` throws a TypeError for everything that kept the response away, including CORS.
  if (code === Code.DeadlineExceeded || cause instanceof TypeError) return "offline";
  return code === Code.Unavailable ? "unavailable" : "failed";
}

function detailed(kind: FailureKind, status: ConnectError): Failure {
  switch (kind) {
    case "invalid": {
      const violations = status.findDetails(BadRequestSchema).flatMap((it) => it.fieldViolations);
      return {
        kind,
        fields: violations.map(({ field, reason, description }) => ({
          field,
          reason,
          description,
        })),
      };
    }
    case "throttled":
    case "unavailable": {
      const delay = status.findDetails(RetryInfoSchema)[0]?.retryDelay;
      return { kind, seconds: Math.max(1, Math.ceil(delay ? durationMs(delay) / 1000 : 1)) };
    }
    case "failed":
      return unexpectedFailure(status);
    default:
      return { kind };
  }
}
