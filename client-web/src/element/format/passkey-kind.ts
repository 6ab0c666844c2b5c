import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";

/** Where a passkey is stored. */
export type PasskeyKind = "cloud" | "phone" | "computer" | "security-key";

/** Where a passkey is stored, by its transports: hints of the browser (WebAuthn L3 §5.8.4). */
export function passkeyKind(passkey: Passkey): PasskeyKind {
  if (passkey.backedUp) return "cloud";
  const has = (transport: string) => passkey.transports.includes(transport);
  if (has("internal")) return "computer";
  if (has("hybrid")) return "phone";
  return passkey.transports.length > 0 ? "security-key" : "computer";
}
