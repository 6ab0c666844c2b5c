import { describe, expect, it } from "vitest";
import { type CredentialRequest, failureOfException } from "./failure-of-exception.js";

const notAborted = new AbortController().signal;
const request: CredentialRequest = { creating: false, timedOut: false, signal: notAborted };
const exception = (name: string) => new DOMException("message", name);

describe("failureOfException", () => {
  it.each([
    ["NotAllowedError", "cancelled"],
    ["SecurityError", "insecure"],
    ["OperationError", "busy"],
    ["ConstraintError", "unverified"],
    ["NotSupportedError", "unverified"],
    ["UnknownError", "failed"],
    ["InvalidStateError", "failed"],
  ])("makes of a %s that it was %s", (name, kind) => {
    expect(failureOfException(exception(name), request)).toMatchObject({ kind });
  });

  it("is expired after the timeout of the request", () => {
    const failure = failureOfException(exception("NotAllowedError"), {
      ...request,
      timedOut: true,
    });

    expect(failure).toEqual({ kind: "expired" });
  });

  it("is already-registered when a passkey was to be created", () => {
    const failure = failureOfException(exception("InvalidStateError"), {
      ...request,
      creating: true,
    });

    expect(failure).toEqual({ kind: "already-registered" });
  });

  it("is cancelled when the caller aborted with a reason of their own", () => {
    const signal = AbortSignal.abort("changed my mind");

    const failure = failureOfException("changed my mind", { ...request, signal });

    expect(failure).toEqual({ kind: "cancelled" });
  });

  it("is not cancelled when the caller did not abort", () => {
    expect(failureOfException(exception("AbortError"), request)).toEqual({ kind: "busy" });
  });

  it("keeps an unknown exception as the cause for debugging", () => {
    const cause = new TypeError("an extension broke");

    const failure = failureOfException(cause, request);

    expect(failure).toEqual({ kind: "failed" });
    expect(Reflect.get(failure, "cause")).toBe(cause);
  });
});
