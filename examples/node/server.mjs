// A gRPC server that asks Claviger who is calling, in an interceptor. ../README.md says how to start it.

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

/** Lets only those in who show a good access token; handlers find the account's id in `subject`. */
function signedIn(_method, call) {
  const refuse = (code, details) => call.sendStatus({ code, details });
  const onReceiveMetadata = (metadata, next) => {
    const [, token] = /^Bearer (.+)$/i.exec(metadata.get("authorization")[0] ?? "") ?? [];
    if (!token) return refuse(grpc.status.UNAUTHENTICATED, "sign in first");
    const question = { access_token: token, required_audience: AUDIENCE };
    tokens.ValidateToken(question, ourKey, { deadline: Date.now() + 2000 }, (error, answer) => {
      // The token may be good: who hears UNAUTHENTICATED would drop it.
      if (error) return refuse(grpc.status.UNAVAILABLE, "nobody can be checked now");
      if (answer.verdict !== "TOKEN_VERDICT_ACTIVE")
        return refuse(grpc.status.UNAUTHENTICATED, "sign in again");
      // Set and not added: what the caller itself calls `subject` is gone.
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
server.bindAsync(LISTEN, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
