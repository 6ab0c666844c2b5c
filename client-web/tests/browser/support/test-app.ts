import type { Browser, BrowserContext, ConsoleMessage } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "./browser.js";
import { Person } from "./person.js";
import { Server } from "./server.js";

/** Options for the server and the browser of one test file. */
export interface TestAppOptions {
  /** Flags to add to the server's command line. */
  readonly flags?: readonly string[];
  /** The name under which browsers reach the server over https, instead of `http://localhost`. */
  readonly secureHost?: string;
  /** The language of the browsers. Default: `en-GB`. */
  readonly locale?: string;
}

/** One server and one browser for the tests of a file, and a new profile for each person. */
export class TestApp {
  readonly #options: TestAppOptions;
  #server: Server | undefined;
  #browser: Browser | undefined;
  #contexts: BrowserContext[] = [];
  #people = 0;
  #errors: string[] = [];
  #expected: RegExp[] = [];

  constructor(options: TestAppOptions) {
    this.#options = options;
  }

  get server(): Server {
    return running(this.#server);
  }

  /** Creates a person with a browser profile of their own. */
  async person(name: string): Promise<Person> {
    const context = await running(this.#browser).newContext({
      locale: this.#options.locale ?? "en-GB",
      reducedMotion: "reduce",
      ignoreHTTPSErrors: this.#options.secureHost !== undefined,
    });
    // Shorter than the default of half a minute, so that a failing test fails sooner.
    context.setDefaultTimeout(10_000);
    this.#contexts.push(context);
    context.on("console", (message) => this.#record(message));
    context.on("weberror", (error) => this.#errors.push(String(error.error())));
    this.#people += 1;
    return new Person(name, this.#people, context, this.server);
  }

  /** Allows errors in the browser's console in this test. */
  expectConsoleError(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  async start(): Promise<void> {
    const { flags, secureHost } = this.#options;
    // Names under .test belong to no one (RFC 6761 §6.2).
    const hosts = secureHost === undefined ? [] : ["--host-resolver-rules=MAP *.test 127.0.0.1"];
    [this.#server, this.#browser] = await Promise.all([
      Server.start(flags, secureHost),
      launchBrowser(hosts),
    ]);
  }

  /** Closes all profiles. Fails if a page logged an error, including a CSP violation. */
  async reset(): Promise<void> {
    const contexts = this.#contexts;
    const errors = this.#errors.filter((it) => !this.#expected.some((pattern) => pattern.test(it)));
    this.#contexts = [];
    this.#errors = [];
    this.#expected = [];
    await Promise.all(contexts.map((it) => it.close()));
    expect(errors, "errors in the browser's console").toEqual([]);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.stop();
  }

  #record(message: ConsoleMessage): void {
    if (message.type() === "error") {
      this.#errors.push(`${message.text()} (${message.location().url})`);
    }
  }
}

/** Starts a server and a browser for the tests of the calling file. */
export function startTestApp(options: TestAppOptions = {}): TestApp {
  const app = new TestApp(options);
  beforeAll(() => app.start());
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      process.stderr.write(`The server's log by the end of "${task.name}":\n${app.server.log}\n`);
    }
    await app.reset();
  });
  afterAll(() => app.stop());
  return app;
}

function running<T>(it: T | undefined): T {
  if (it === undefined) {
    throw new Error("The server and the browser run only while tests do");
  }
  return it;
}
