import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TokenPair } from "../gen/claviger/v1/resources_pb.js";

/** An access token, as tabs hand it to each other. */
export interface AccessToken {
  readonly value: string;
  readonly sessionId: string;
  /** When it stops being valid, in milliseconds since 1970 by the server's clock. */
  readonly expiresMs: number;
  /** When it was received, in milliseconds since 1970 by this machine's clock. */
  readonly receivedMs: number;
}

/** How long before its end a token counts as expired: calls and clocks take their time. */
const MARGIN_MS = 30_000;
/** How long a new token counts as live even if the clock here says that it is not. */
const GRACE_MS = 60_000;

/** The access token of an answer that has one. */
export function accessTokenOf({
  accessToken,
  accessTokenExpireTime,
  sessionId,
}: Pick<TokenPair, "accessToken" | "accessTokenExpireTime" | "sessionId">): AccessToken {
  const expiresMs = accessTokenExpireTime ? timestampMs(accessTokenExpireTime) : 0;
  return { value: accessToken, sessionId, expiresMs, receivedMs: Date.now() };
}

/**
 * Whether a token may be handed out. A clock that is fast here costs a refresh a minute at most; with
 * one that is slow, a token may go out that has expired, which whoever gets it will say.
 */
export function isLive({ expiresMs, receivedMs }: AccessToken, marginMs = MARGIN_MS): boolean {
  const now = Date.now();
  return now < expiresMs - marginMs || Math.abs(now - receivedMs) < GRACE_MS;
}
