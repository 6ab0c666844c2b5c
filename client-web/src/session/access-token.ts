import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TokenPair } from "../gen/claviger/v1/resources_pb.js";

/** An access token, in the form in which tabs pass it to each other. */
export interface AccessToken {
  readonly value: string;
  readonly sessionId: string;
  /** When it expires, in milliseconds since 1970 by the server's clock. */
  readonly expiresMs: number;
  /** When it was received, in milliseconds since 1970 by this machine's clock. */
  readonly receivedMs: number;
}

/** How long before its expiry a token counts as expired: calls take time, and clocks differ. */
const MARGIN_MS = 30_000;
/** How long a new token counts as live even if this machine's clock says that it has expired. */
const GRACE_MS = 60_000;

/** The access token in a response. */
export function accessTokenOf({
  accessToken,
  accessTokenExpireTime,
  sessionId,
}: Pick<TokenPair, "accessToken" | "accessTokenExpireTime" | "sessionId">): AccessToken {
  const expiresMs = accessTokenExpireTime ? timestampMs(accessTokenExpireTime) : 0;
  return { value: accessToken, sessionId, expiresMs, receivedMs: Date.now() };
}

/**
 * Whether a token has at least `marginMs` left. If this machine's clock is fast, that costs at most
 * one refresh a minute. If it is slow, an expired token may be used, and its recipient refuses it.
 */
export function isLive({ expiresMs, receivedMs }: AccessToken, marginMs = MARGIN_MS): boolean {
  const now = Date.now();
  return now < expiresMs - marginMs || Math.abs(now - receivedMs) < GRACE_MS;
}
