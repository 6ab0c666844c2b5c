import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { selfSign } from "./certificate.js";
import { freePorts } from "./ports.js";
import { clavigerPath } from "./requirements.js";

/** Longer than a start takes on a busy machine, in milliseconds. */
const START_TIMEOUT_MS = 20_000;

/** The real server in its own process, with a temporary data folder. */
export class Server {
  readonly #arguments: readonly string[];
  readonly dataFolder: string;
  /** Its public URL, which is also its origin. */
  readonly origin: string;
  readonly port: number;
  /** The URL for backends. */
  readonly internalUrl: string;
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(
    port: number,
    internalPort: number,
    flags: readonly string[],
    secureHost: string | undefined,
  ) {
    this.port = port;
    this.origin =
      secureHost === undefined ? `http://localhost:${port}` : `https://${secureHost}:${port}`;
    this.internalUrl = `http://127.0.0.1:${internalPort}`;
    this.dataFolder = mkdtempSync(join(tmpdir(), "claviger-browser-"));
    const settings = {
      "--data-directory": this.dataFolder,
      "--public-listen": `127.0.0.1:${port}`,
      "--internal-listen": `127.0.0.1:${internalPort}`,
      "--public-url": this.origin,
      // At a secure host it is closed otherwise.
      ...(flags.includes("--accounts-registration") ? {} : { "--accounts-registration": "open" }),
      // The minimum cost of a hash: these tests are not about hashing.
      "--passwords-argon2-memory-kib": "8",
      "--passwords-argon2-iterations": "1",
      // Browsers keep their connections open for a long time.
      "--limits-drain-timeout": "0s",
      "--log-format": "json",
      ...(secureHost === undefined ? {} : selfSign(this.dataFolder, secureHost)),
    };
    this.#arguments = ["serve", ...Object.entries(settings).flat(), ...flags];
  }

  /**
   * Starts one on free ports. `flags` are added to the command line. With `secureHost` browsers reach it
   * over https under that name, with a self-signed certificate.
   */
  static async start(flags: readonly string[] = [], secureHost?: string): Promise<Server> {
    const [port = 0, internalPort = 0] = await freePorts(2);
    const server = new Server(port, internalPort, flags, secureHost);
    await server.resume();
    return server;
  }

  /** Its output so far. */
  get log(): string {
    return this.#log;
  }

  /** Starts it again with the same data and ports. */
  async resume(): Promise<void> {
    const process = spawn(clavigerPath(), this.#arguments, { cwd: this.dataFolder });
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
    await this.#untilReady(process);
  }

  /** Ends the process and keeps the data. */
  async pause(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process !== undefined && process.exitCode === null) {
      const ended = once(process, "exit");
      process.kill("SIGTERM");
      await ended;
    }
  }

  /** Ends the process and starts another with the same data and ports. */
  async restart(): Promise<void> {
    await this.pause();
    await this.resume();
  }

  /**
   * Runs a command of an operator, such as `accounts unlock`, on the same database. Returns what it
   * printed.
   */
  command(...args: string[]): string {
    const output = execFileSync(clavigerPath(), [...args, "--data-directory", this.dataFolder], {
      cwd: this.dataFolder,
      stdio: "pipe",
      encoding: "utf8",
    });
    return output.trim();
  }

  /** Ends the process and removes the data. */
  async stop(): Promise<void> {
    await this.pause();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }

  async #untilReady(process: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    // Node does not trust a certificate of its own making; both ports listen before either is ready.
    const isSecure = this.origin.startsWith("https:");
    const url = isSecure ? this.internalUrl : this.origin;
    while (!(await responds(`${url}/readyz`))) {
      if (process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`The server did not get ready. Its log:\n${this.#log}`);
      }
      await pause(20);
    }
  }
}

async function responds(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
