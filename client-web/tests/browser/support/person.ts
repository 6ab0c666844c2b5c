import type { BrowserContext } from "playwright-core";
import type { ClavigerOptions } from "../../../src/claviger.js";
import type { Server } from "./server.js";
import { blankPage } from "./static-site.js";
import { Tab } from "./tab.js";
import { Visit, type VisitOptions } from "./visit.js";

/** The path of the blank page on the server's own origin. */
const blankPath = "/test/blank";

/** A person with a browser profile and a username of their own. */
export class Person {
  readonly username: string;
  readonly displayName: string;
  readonly password = "plum kettle orbits the fjord";
  /** The browser profile, whose tabs share cookies and storage. */
  readonly context: BrowserContext;
  readonly server: Server;

  constructor(name: string, number: number, context: BrowserContext, server: Server) {
    this.username = `${name.toLowerCase()}.${number}`;
    this.displayName = name;
    this.context = context;
    this.server = server;
  }

  /** The username and password for {@link Tab.register} and {@link Tab.signIn}. */
  get credentials() {
    return { username: this.username, password: this.password };
  }

  /** Opens the blank page of the server's own origin. */
  openTab(options: ClavigerOptions = {}): Promise<Tab> {
    return this.#openBlank(this.server.origin, options);
  }

  /** Opens the same page by the server's IP address, which is another origin than its name. */
  openTabByAddress(options: ClavigerOptions): Promise<Tab> {
    return this.#openBlank(`http://127.0.0.1:${this.server.port}`, options);
  }

  /** Opens the blank page of another origin. `options` holds the `baseUrl` of Claviger. */
  async openTabAt(origin: string, options: ClavigerOptions): Promise<Tab> {
    return Tab.open(await this.context.newPage(), `${origin}/`, options);
  }

  /** Opens the blank page and registers there. */
  async openRegistered(options: ClavigerOptions = {}): Promise<Tab> {
    const tab = await this.openTab(options);
    const outcome = await tab.register(this.credentials);
    if (!outcome.ok) {
      throw new Error(`${this.username} was not registered: ${JSON.stringify(outcome.failure)}`);
    }
    return tab;
  }

  /** Prepares a tab for the page that the server serves. */
  visit(options: VisitOptions = {}): Promise<Visit> {
    return Visit.prepare(this, options);
  }

  async #openBlank(origin: string, options: ClavigerOptions): Promise<Tab> {
    const page = await this.context.newPage();
    const url = `${origin}${blankPath}`;
    const body = blankPage();
    // Only this path is served by the test; every other request goes to the server.
    await page.route(url, (route) => route.fulfill({ contentType: "text/html", body }));
    return Tab.open(page, url, options);
  }
}
