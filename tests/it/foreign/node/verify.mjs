// Checks access tokens with jose, knowing an issuer's URL and an audience and nothing else.
//
// Call: verify.mjs ISSUER AUDIENCE. Reads tokens, one a line, and says of each whose it is or why not.

import { createInterface } from "node:readline";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const [issuer, audience] = process.argv.slice(2);

// RFC 8414 §3; `openid-configuration` says the same.
const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
const metadata = await answer.json();
if (metadata.issuer !== issuer) throw new Error(`${issuer} calls itself ${metadata.issuer}`);

// A key that is not known makes jose ask for the set again, at most this often. With its own 30 s it
// would refuse for as long what a key signs that was put to use at once (claviger keys rotate --now).
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), { cooldownDuration: 1000 });

// jose checks the type when it is told which. `at+jwt` keeps other signed things of the issuer out.
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
