import { describe, expect, it } from "vitest";
import { type CredentialRequest, failureOfException } from "./failure-of-exception.js";

const live = new AbortController().signal;
const asked: CredentialRequest = { creating: false, timedOut: false, signal: live };
const exception = (name: string) => new DOMException("words", name);

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
    expect(failureOfException(exception(name), asked)).toMatchObject({ kind });
  });

  it("says expired when the person had all the time there was", () => {
    const failure = failureOfException(exception("NotAllowedError"), { ...asked, timedOut: true });

    expect(failure).toEqual({ kind: "expired" });
  });

  it("says already registered when a passkey was to be made", () => {
    const failure = failureOfException(exception("InvalidStateError"), {
      ...asked,
      creating: true,
    });

    expect(failure).toEqual({ kind: "already-registered" });
  });

  it("goes by the signal when the caller gave a reason of their own", () => {
    const signal = AbortSignal.abort("changed my mind");

    const failure = failureOfException("changed my mind", { ...asked, signal });

    expect(failure).toEqual({ kind: "cancelled" });
  });

  it("does not take an abort of somebody else for the person's", () => {
    expect(failureOfException(exception("AbortError"), asked)).toEqual({ kind: "busy" });
  });

  it("keeps what it does not know for debuggers", () => {
    const cause = new TypeError("an extension broke");

    const failure = failureOfException(cause, asked);

    expect(failure).toEqual({ kind: "failed" });
    expect(Reflect.get(failure, "cause")).toBe(cause);
  });
});
