// A gRPC server whose interceptor has Claviger validate access tokens. See ../README.md.

import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const { CLAVIGER, AUDIENCE, LISTEN, SERVICE_KEY } = process.env;
const folders = ["../proto", "../../proto"].map((it) => fileURLToPath(new URL(it, import.meta.url)));
const files = ["greeter/v1/greeter.proto", "claviger/v1/token_service.proto"];
const { greeter, claviger } = grpc.loadPackageDefinition(
  loadSync(files, { includeDirs: folders, keepCase: true, enums: String }),
);

const credentials = grpc.credentials.createInsecure();
const tokens = new claviger.v1.TokenService(CLAVIGER, credentials);
const ourKey = new grpc.Metadata();
if (SERVICE_KEY) ourKey.set("authorization", `Bearer ${SERVICE_KEY}`);

/** Asks Claviger about a token for this server. */
function validate(access_token, metadata, options, answer) {
  tokens.ValidateToken({ access_token, required_audience: AUDIENCE }, metadata, options, answer);
}

/** Requires a valid access token and sets the metadata `subject` to the account's id. */
function signedIn(_method, call) {
  const refuse = (code, details) => call.sendStatus({ code, details });
  const onReceiveMetadata = (metadata, next) => {
    const [, token] = /^Bearer (.+)$/i.exec(metadata.get("authorization")[0] ?? "") ?? [];
    if (!token) return refuse(grpc.status.UNAUTHENTICATED, "sign in first");
    validate(token, ourKey, { deadline: Date.now() + 2000 }, (error, answer) => {
      // The token may be valid: on UNAUTHENTICATED the client would discard it.
      if (error) return refuse(grpc.status.UNAVAILABLE, "tokens cannot be validated at the moment");
      if (answer.verdict !== "TOKEN_VERDICT_ACTIVE")
        return refuse(grpc.status.UNAUTHENTICATED, "sign in again");
      // `set` replaces a `subject` that the caller sent.
      metadata.set("subject", answer.claims.subject);
      next(metadata);
    });
  };
  return new grpc.ServerInterceptingCall(call, {
    start: (next) => next({ onReceiveMetadata, onReceiveMessage: (it, go) => go(it) }),
  });
}

const server = new grpc.Server({ interceptors: [signedIn] });
server.addService(greeter.v1.Greeter.service, {
  Greet: (call, answer) => answer(null, { subject: call.metadata.get("subject")[0] }),
});

// Waits for Claviger. No token is needed to learn whether it knows the audience.
const patient = ourKey.clone();
patient.setOptions({ waitForReady: true });
validate("", patient, {}, (refused) => {
  if (refused) {
    const question = "Is it one of its tokens.audiences, and the SERVICE_KEY's own?";
    console.error(`Claviger refuses the AUDIENCE "${AUDIENCE}". ${question} ${refused.details}`);
    process.exit(1);
  }
  server.bindAsync(LISTEN, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
  });
});
