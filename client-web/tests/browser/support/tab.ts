import type { Page, Request } from "playwright-core";
import type {
  ClavigerOptions,
  Credentials,
  NewPasskey,
  PasskeySignIn,
  PasswordChange,
  Registration,
} from "../../../src/claviger.js";
import type { Passkey } from "../../../src/gen/claviger/v1/resources_pb.js";
import { Authenticator, type AuthenticatorKind } from "./authenticator.js";
import "./window.js";

/** A blank page with the headless client. Each method calls the client's method of the same name. */
export class Tab {
  readonly page: Page;
  readonly #called: string[] = [];
  readonly #accountTokens = new Set<string>();

  private constructor(page: Page) {
    this.page = page;
    page.on("request", (request) => this.#count(request));
  }

  /** Loads the page at `url` and creates a client there. */
  static async open(page: Page, url: string, options: ClavigerOptions = {}): Promise<Tab> {
    const tab = new Tab(page);
    await page.goto(url);
    await tab.#start(options);
    return tab;
  }

  /** Reloads the page and creates a new client. */
  async reload(options: ClavigerOptions = {}): Promise<void> {
    await this.page.reload();
    await this.#start(options);
  }

  plugIn(kind: AuthenticatorKind): Promise<Authenticator> {
    return Authenticator.plugIn(this.page, kind);
  }

  /** How often an RPC was requested over the network, such as `RefreshTokens`. */
  calls(rpc: string): number {
    return this.#called.filter((it) => it === rpc).length;
  }

  /** The session events since the client was created. */
  events() {
    return this.page.evaluate(() => window.sessionEvents);
  }

  state() {
    return this.page.evaluate(() => window.claviger.state);
  }

  capabilities() {
    return this.page.evaluate(() => window.claviger.capabilities());
  }

  restore() {
    return this.page.evaluate(() => window.claviger.restore());
  }

  register(registration: Registration) {
    return this.page.evaluate((it) => window.claviger.register(it), registration);
  }

  signIn(credentials: Credentials) {
    return this.page.evaluate((it) => window.claviger.signIn(it), credentials);
  }

  signInWithPasskey(options: Omit<PasskeySignIn, "signal" | "onFailure"> = {}) {
    return this.page.evaluate((it) => window.claviger.signInWithPasskey(it), options);
  }

  signOut() {
    return this.page.evaluate(() => window.claviger.signOut());
  }

  reauthenticate(proof: { readonly password?: string } = {}) {
    return this.page.evaluate((it) => window.claviger.reauthenticate(it), proof);
  }

  /** By default for the only audience that a server has by default. */
  accessToken(audience = "backend") {
    return this.page.evaluate((it) => window.claviger.accessToken({ audience: it }), audience);
  }

  /** The access tokens in the requests to the server so far: those of the session itself. */
  accountTokens(): string[] {
    return [...this.#accountTokens];
  }

  account() {
    return this.page.evaluate(() => window.claviger.account.get());
  }

  changePassword(change: PasswordChange & { readonly signal?: never }) {
    return this.page.evaluate((it) => window.claviger.account.changePassword(it), change);
  }

  removePassword() {
    return this.page.evaluate(() => window.claviger.account.removePassword());
  }

  deleteAccount() {
    return this.page.evaluate(() => window.claviger.account.delete());
  }

  sessions() {
    return this.page.evaluate(() => window.claviger.sessions.list());
  }

  endSession(sessionId: string) {
    return this.page.evaluate((it) => window.claviger.sessions.end(it), sessionId);
  }

  endOtherSessions() {
    return this.page.evaluate(() => window.claviger.sessions.endOthers());
  }

  passkeys() {
    return this.page.evaluate(() => window.claviger.passkeys.list());
  }

  addPasskey(passkey: Omit<NewPasskey, "signal"> = {}) {
    return this.page.evaluate((it) => window.claviger.passkeys.add(it), passkey);
  }

  renamePasskey(passkeyId: string, name: string) {
    return this.page.evaluate(([id, to]) => window.claviger.passkeys.rename(id, to), [
      passkeyId,
      name,
    ] as const);
  }

  removePasskey(passkeyId: string) {
    return this.page.evaluate((it) => window.claviger.passkeys.remove(it), passkeyId);
  }

  passkeyUsedHere(passkey: Passkey) {
    return this.page.evaluate((it) => window.claviger.passkeys.usedHere(it), passkey);
  }

  hasUsedPasskeyHere() {
    return this.page.evaluate(() => window.claviger.hasUsedPasskeyHere);
  }

  #count(request: Request): void {
    const rpc = /\/claviger\.v1\.\w+\/(\w+)$/.exec(request.url())?.[1];
    // A preflight request across origins (OPTIONS) is not a call.
    if (rpc !== undefined && request.method() === "POST") {
      this.#called.push(rpc);
      const { authorization = "" } = request.headers();
      const token = /^Bearer (.+)$/.exec(authorization)?.[1];
      if (token !== undefined) this.#accountTokens.add(token);
    }
  }

  #start(options: ClavigerOptions): Promise<void> {
    return this.page.evaluate((it) => {
      window.claviger = window.createClaviger(it);
      window.sessionEvents = [];
      window.claviger.subscribe((event) => window.sessionEvents.push(event));
    }, options);
  }
}
