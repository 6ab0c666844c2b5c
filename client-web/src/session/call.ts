import type { CallOptions } from "@connectrpc/connect";
import { failureOfStatus } from "../outcome/failure-of-status.js";
import { failed, type Outcome, success } from "../outcome/outcome.js";
import { withJsonTimestamps } from "./json-timestamps.js";

/** A method of the server. */
export type Method<Request, Response> = (
  request: Request,
  options: CallOptions,
) => Promise<Response>;

/** How long a response may take. The server's own deadline is shorter. */
const TIMEOUT_MS = 30_000;

/** Calls a method of the server, with an access token if `token` is given. */
export async function call<Request, Response>(
  method: Method<Request, Response>,
  request: NoInfer<Request>,
  signal?: AbortSignal,
  token?: string,
): Promise<Outcome<Response>> {
  try {
    const response = await method(request, {
      timeoutMs: TIMEOUT_MS,
      ...(signal && { signal }),
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
    });
    return success(withJsonTimestamps(response));
  } catch (error) {
    // Not by the error's name: the caller may abort with any reason.
    return failed(signal?.aborted ? { kind: "cancelled" } : failureOfStatus(error));
  }
}

/** Repeats a call once if no response arrived. Only for calls that the server accepts twice. */
export async function withRetry<T>(attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const outcome = await attempt();
  return !outcome.ok && outcome.failure.kind === "offline" ? attempt() : outcome;
}
