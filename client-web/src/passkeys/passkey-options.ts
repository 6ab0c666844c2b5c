import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import type * as message from "../gen/claviger/v1/webauthn_pb.js";

/** Converts the server's options for `navigator.credentials.create()`. */
export function creationOptions(
  options: message.PublicKeyCredentialCreationOptions,
): PublicKeyCredentialCreationOptions {
  return dictionary({ ...options, timeout: timeoutMs(options) }) as never;
}

/** Converts the server's options for `navigator.credentials.get()`. */
export function requestOptions(
  options: message.PublicKeyCredentialRequestOptions,
): PublicKeyCredentialRequestOptions {
  return dictionary({ ...options, timeout: timeoutMs(options) }) as never;
}

/** How long the browser may wait for the user, in milliseconds. Default: five minutes. */
export function timeoutMs(options?: { readonly timeout?: Duration | undefined }): number {
  return options?.timeout ? durationMs(options.timeout) : 300_000;
}

/**
 * Converts a message to a WebIDL dictionary. The contract uses WebAuthn's own names and bytes, so
 * this only drops the members of the message itself, and empty strings, which stand for absent values.
 */
function dictionary(value: unknown): unknown {
  // A copy, because some browser extensions use the whole buffer of a view.
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(dictionary);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([name, it]) => !name.startsWith("$") && it !== "");
  return Object.fromEntries(members.map(([name, it]) => [name, dictionary(it)]));
}
