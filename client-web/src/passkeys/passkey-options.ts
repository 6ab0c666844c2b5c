import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import type * as message from "../gen/claviger/v1/webauthn_pb.js";

/** The server's options as `navigator.credentials.create()` takes them. */
export function creationOptions(
  options: message.PublicKeyCredentialCreationOptions,
): PublicKeyCredentialCreationOptions {
  return dictionary({ ...options, timeout: timeoutMs(options) }) as never;
}

/** The server's options as `navigator.credentials.get()` takes them. */
export function requestOptions(
  options: message.PublicKeyCredentialRequestOptions,
): PublicKeyCredentialRequestOptions {
  return dictionary({ ...options, timeout: timeoutMs(options) }) as never;
}

/** How long the browser may wait for the person, in milliseconds; five minutes unless it is said. */
export function timeoutMs(options?: { readonly timeout?: Duration | undefined }): number {
  return options?.timeout ? durationMs(options.timeout) : 300_000;
}

/**
 * A message as a WebIDL dictionary: the contract has WebAuthn's own names and bytes, so this only
 * leaves out what is a message's own, and empty texts, which mean absence.
 */
function dictionary(value: unknown): unknown {
  // A copy, since extensions have taken the whole buffer that a view is part of.
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(dictionary);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([name, it]) => !name.startsWith("$") && it !== "");
  return Object.fromEntries(members.map(([name, it]) => [name, dictionary(it)]));
}
