import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";

/** What holds a passkey, as far as its flags and transports tell. */
export type PasskeyKind = "cloud" | "phone" | "computer" | "security-key";

/** What holds a passkey. Transports are the browser's hints (WebAuthn L3 §5.8.4), nothing proved. */
export function passkeyKind(passkey: Passkey): PasskeyKind {
  if (passkey.backedUp) return "cloud";
  const has = (transport: string) => passkey.transports.includes(transport);
  if (has("internal")) return "computer";
  if (has("hybrid")) return "phone";
  return passkey.transports.length > 0 ? "security-key" : "computer";
}
