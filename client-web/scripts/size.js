// Prints the size of the client in a browser, minified and gzipped, and fails if a part is over its
// budget. Measures dist, as it is published: `npm run size` builds it first.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";

const root = join(import.meta.dirname, "..");
const define = "dist/element/define.js";
const styles = "dist/element/claviger-auth.css";

const connect = `
  export { createClient, ConnectError } from "@connectrpc/connect";
  export { createGrpcWebTransport } from "@connectrpc/connect-web";`;
const generated = `
  export { AccountService } from "./dist/gen/claviger/v1/account_service_pb.js";
  export { AuthService } from "./dist/gen/claviger/v1/auth_service_pb.js";
  export { PasskeyService } from "./dist/gen/claviger/v1/passkey_service_pb.js";
  export { RecoveryService } from "./dist/gen/claviger/v1/recovery_service_pb.js";
  export { SessionService } from "./dist/gen/claviger/v1/session_service_pb.js";
  export * from "./dist/gen/google/rpc/error_details_pb.js";`;
const headless = `export { createClaviger } from "./dist/index.js";`;

/** The size of a program with all its imports, in bytes. */
async function sizeOf(program) {
  const entry = join(root, "size-entry.js");
  const { output } = await build({
    input: entry,
    platform: "browser",
    write: false,
    plugins: [
      {
        name: "size-entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? program : null),
      },
    ],
    output: { format: "esm", minify: true },
  });
  return compressed(output.map((chunk) => chunk.code ?? "").join(""));
}

function compressed(content) {
  return gzipSync(content, { level: 9 }).length;
}

/** The parts with their sizes and budgets, in bytes. */
async function parts() {
  const runtime = await sizeOf(connect);
  const withGenerated = await sizeOf(connect + generated);
  const client = await sizeOf(headless);
  const page = await sizeOf(`${headless} import "./${define}";`);
  return [
    { name: "Connect and Protobuf-ES, for any service", bytes: runtime },
    { name: "+ messages and services", bytes: withGenerated - runtime },
    { name: "+ headless client", bytes: client - withGenerated },
    { name: "= headless client beyond Connect", bytes: client - runtime, budget: 12_300 },
    { name: "= headless client in all", bytes: client },
    { name: "+ <claviger-auth> with texts and lit", bytes: page - client, budget: 32_400 },
    { name: "= all in all", bytes: page },
    { name: "  style sheet", bytes: compressed(readFileSync(join(root, styles))), budget: 5_000 },
  ];
}

let exceeded = false;
for (const { name, bytes, budget } of await parts()) {
  const over = budget !== undefined && bytes > budget;
  exceeded ||= over;
  const limit = budget ? `  of ${budget / 1000} kB${over ? ": OVER BUDGET" : ""}` : "";
  process.stdout.write(`${name.padEnd(42)}${(bytes / 1000).toFixed(2).padStart(7)} kB${limit}\n`);
}
process.exitCode = exceeded ? 1 : 0;
