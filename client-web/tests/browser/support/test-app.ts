import type { Browser, BrowserContext, ConsoleMessage } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "./browser.js";
import { Person } from "./person.js";
import { Server } from "./server.js";

/** How the tests of one file want their server and their browser. */
export interface TestAppOptions {
  /** Added to the server's command line. */
  readonly flags?: readonly string[];
  /** The language of the people's browsers; `en-GB` when left out. */
  readonly locale?: string;
}

/** One server and one browser for the tests of a file, and a fresh profile for each person. */
export class TestApp {
  readonly #options: TestAppOptions;
  #server: Server | undefined;
  #browser: Browser | undefined;
  #contexts: BrowserContext[] = [];
  #people = 0;
  #complaints: string[] = [];
  #expected: RegExp[] = [];

  constructor(options: TestAppOptions) {
    this.#options = options;
  }

  get server(): Server {
    return open(this.#server);
  }

  /** Somebody new, in a browser profile of their own. */
  async person(name: string): Promise<Person> {
    const context = await open(this.#browser).newContext({
      locale: this.#options.locale ?? "en-GB",
      reducedMotion: "reduce",
    });
    // What is not there after this long will not come; the default is half a minute.
    context.setDefaultTimeout(10_000);
    this.#contexts.push(context);
    context.on("console", (message) => this.#hear(message));
    context.on("weberror", (error) => this.#complaints.push(String(error.error())));
    this.#people += 1;
    return new Person(name, this.#people, context, this.server);
  }

  /** Says which errors the browser's console may show in this test. */
  expectConsoleError(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  async start(): Promise<void> {
    [this.#server, this.#browser] = await Promise.all([
      Server.start(this.#options.flags),
      launchBrowser(),
    ]);
  }

  /** Closes all profiles; fails when a page complained, a broken CSP rule included. */
  async clear(): Promise<void> {
    const contexts = this.#contexts;
    const complaints = this.#complaints.filter(
      (it) => !this.#expected.some((pattern) => pattern.test(it)),
    );
    this.#contexts = [];
    this.#complaints = [];
    this.#expected = [];
    await Promise.all(contexts.map((it) => it.close()));
    expect(complaints, "errors in the browser's console").toEqual([]);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.stop();
  }

  #hear(message: ConsoleMessage): void {
    if (message.type() === "error") {
      this.#complaints.push(`${message.text()} (${message.location().url})`);
    }
  }
}

/** Sets a stage for the tests of the file that calls it. */
export function startTestApp(options: TestAppOptions = {}): TestApp {
  const app = new TestApp(options);
  beforeAll(() => app.start());
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") {
      process.stderr.write(`The server's log by the end of "${task.name}":\n${app.server.log}\n`);
    }
    await app.clear();
  });
  afterAll(() => app.stop());
  return app;
}

function open<T>(it: T | undefined): T {
  if (it === undefined) {
    throw new Error("The app is set only while tests run");
  }
  return it;
}
