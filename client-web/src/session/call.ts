import type { CallOptions } from "@connectrpc/connect";
import { failureOfStatus } from "../outcome/failure-of-status.js";
import { failed, type Outcome, success } from "../outcome/outcome.js";

/** A method of the server. */
export type Method<Request, Answer> = (request: Request, options: CallOptions) => Promise<Answer>;

/** How long an answer may take. Claviger's own deadline is shorter. */
const TIMEOUT_MS = 30_000;

/** Makes a call, with an access token where one is given. */
export async function attempt<Request, Answer>(
  method: Method<Request, Answer>,
  request: NoInfer<Request>,
  signal?: AbortSignal,
  token?: string,
): Promise<Outcome<Answer>> {
  try {
    return success(
      await method(request, {
        timeoutMs: TIMEOUT_MS,
        ...(signal && { signal }),
        ...(token && { headers: { authorization: `Bearer ${token}` } }),
      }),
    );
  } catch (error) {
    // Not by the error's name: whoever aborts may give any reason.
    return failed(signal?.aborted ? { kind: "cancelled" } : failureOfStatus(error));
  }
}

/** Makes it once more when no answer came. Only for what the server recognises as a retry. */
export async function retried<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const outcome = await call();
  return !outcome.ok && outcome.failure.kind === "offline" ? call() : outcome;
}
