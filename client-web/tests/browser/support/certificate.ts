import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { opensslPath } from "./requirements.js";

/** Creates a self-signed certificate for a host in a folder. Returns the server's flags for it. */
export function selfSign(folder: string, host: string): Record<string, string> {
  const certificate = join(folder, "tls-certificate.pem");
  const key = join(folder, "tls-key.pem");
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", key, "-out", certificate];
  const options = ["req", "-x509", "-days", "1", ...kind, ...subject, ...files];
  execFileSync(opensslPath(), options, { stdio: "pipe" });
  return { "--public-tls-certificate-file": certificate, "--public-tls-key-file": key };
}
