import type { Registration, SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { Outcome } from "../outcome/outcome.js";
import { call, withRetry } from "../session/call.js";
import { openSession } from "../session/open-session.js";
import { requestId as newRequestId } from "../session/request-id.js";

/** Creates an account and signs in to it. */
export function register(context: Context, registration: Registration): Promise<Outcome<SignedIn>> {
  const { tokenStore, server } = context;
  const requestId = newRequestId();
  const request = { ...registration, ...tokenStore.delivery, requestId };
  const attempt = () => call(server.register, request);
  // Without a request id, a retry would find the username taken by the first attempt.
  return openSession(context, requestId ? () => withRetry(attempt) : attempt);
}
