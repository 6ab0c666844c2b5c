// Verifies access tokens with jose, given only an issuer URL and an audience.
//
// Usage: verify.mjs ISSUER AUDIENCE, where AUDIENCE is this service's name in Claviger's setting
// `tokens.audiences`. Reads one token per line and prints its subject or an error.

import { createInterface } from "node:readline";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const [issuer, audience] = process.argv.slice(2);
// Without an audience, jose accepts the tokens of every service. Those of Claviger's own API, whose
// audience is the issuer, are not for services.
if (!audience || audience === issuer) throw new Error(`"${audience}" is not the audience of a service`);

// RFC 8414 §3. `openid-configuration` refers to the same keys.
const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
const metadata = await answer.json();
if (metadata.issuer !== issuer) throw new Error(`${issuer} calls itself ${metadata.issuer}`);

// jose fetches the key set again for an unknown key, at most once per cooldown. Its default of 30 s
// would refuse tokens of a new key for as long after `claviger keys rotate --now`.
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), { cooldownDuration: 1000 });

// jose checks the type if `typ` is given. `at+jwt` excludes other JWTs of the issuer.
const rules = { issuer, audience, typ: "at+jwt", requiredClaims: ["exp", "sub"] };

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const { payload } = await jwtVerify(token, keys, rules);
    console.log(`accepted ${payload.sub}`);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    console.log(`refused ${error.code}: ${error.message}`);
  }
}
