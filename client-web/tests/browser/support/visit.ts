import type { BrowserContext, Locator, Page, Response } from "playwright-core";
import { expect } from "vitest";
import { en, type Texts } from "../../../src/element/languages/en.js";
import { checkAppearance } from "./appearance.js";
import { Authenticator, type AuthenticatorKind } from "./authenticator.js";
import { withoutCapabilities } from "./credentials.js";
import type { Server } from "./server.js";

/** The person who visits the page. */
export interface Visitor {
  readonly username: string;
  readonly password: string;
  /** Their browser profile. */
  readonly context: BrowserContext;
  readonly server: Server;
}

/** Options of a visit. */
export interface VisitOptions {
  /** The texts of the page. Default: English. */
  readonly texts?: Texts;
  /**
   * Whether the browser offers passkeys in autofill. Default: no, because a virtual authenticator
   * accepts the offer immediately.
   */
  readonly autofill?: boolean;
  /** Whether it can create passkeys silently. Default: no, because headless it never responds. */
  readonly silentCreation?: boolean;
}

/** A visit to the page that the server serves, using only what a person can see and read. */
export class Visit {
  readonly person: Visitor;
  readonly page: Page;
  readonly texts: Texts;

  private constructor(person: Visitor, page: Page, texts: Texts) {
    this.person = person;
    this.page = page;
    this.texts = texts;
  }

  /** Prepares a tab without opening the page. */
  static async prepare(person: Visitor, options: VisitOptions = {}): Promise<Visit> {
    const page = await person.context.newPage();
    await withoutCapabilities(page, [
      ...(options.autofill ? [] : (["conditionalGet"] as const)),
      ...(options.silentCreation ? [] : (["conditionalCreate"] as const)),
    ]);
    return new Visit(person, page, options.texts ?? en);
  }

  /** Opens a path of the page. */
  async open(path: string): Promise<Response | null> {
    const response = await this.page.goto(`${this.person.server.origin}${path}`);
    if ((await this.page.locator("claviger-auth").count()) === 0) {
      throw new Error("The server serves no page. Build it: npm run build:page, in client-web.");
    }
    return response;
  }

  plugIn(kind: AuthenticatorKind): Promise<Authenticator> {
    return Authenticator.plugIn(this.page, kind);
  }

  /** A button by its label. */
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** A field by its label. */
  field(label: string): Locator {
    return this.page.locator("input").and(this.page.getByLabel(label, { exact: true }));
  }

  async press(name: string): Promise<void> {
    await this.button(name).click();
  }

  async type(label: string, text: string): Promise<void> {
    await this.field(label).fill(text);
  }

  /** Waits until a heading is shown. */
  async sees(heading: string): Promise<void> {
    await this.page.getByRole("heading", { name: heading, exact: true }).waitFor();
  }

  /** Waits until a heading is shown and has the focus, so that screen readers announce it. */
  async arrivesAt(heading: string): Promise<void> {
    await this.sees(heading);
    await expect.poll(() => this.focused()).toBe(heading);
  }

  /** The text or the label of the focused element. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const it = document.activeElement;
      if (it instanceof HTMLInputElement) {
        return it.labels?.[0]?.textContent ?? it.name;
      }
      return it?.getAttribute("aria-label") ?? it?.textContent?.trim() ?? "";
    });
  }

  /** Waits until screen readers announce this immediately. */
  async isAlertedTo(text: string): Promise<void> {
    await this.#announces("alert", text);
  }

  /** Waits until screen readers announce this when idle. */
  async isNotifiedOf(text: string): Promise<void> {
    await this.#announces("status", text);
  }

  /** The text of the alerts, of the other notices, or of the countdown. */
  announcement(role: "alert" | "status" | "timer"): Promise<string> {
    return textOf(this.page.getByRole(role));
  }

  /** Waits until a field shows what is wrong with it, also to screen readers. */
  async isCorrected(label: string, text: string): Promise<void> {
    const field = this.field(label);
    await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
    const described = await field.getAttribute("aria-describedby");
    expect(await textOf(this.page.locator(`#${described}`))).toBe(text);
  }

  /** Waits until this text is on the page. */
  async reads(text: string | RegExp): Promise<void> {
    await this.page.getByText(text, { exact: true }).first().waitFor();
  }

  /** Takes screenshots of the page and checks its accessibility. */
  look(state: string): Promise<void> {
    return checkAppearance(this.page, state);
  }

  /** Creates the person's account, up to the offer of a passkey. */
  async signUp(): Promise<void> {
    await this.open("/sign-up");
    await this.type(this.texts.common.username, this.person.username);
    await this.type(this.texts.common.password, this.person.password);
    await this.press(this.texts.signUp.submit);
    await this.arrivesAt(this.texts.offer.heading);
  }

  /** Creates the person's account without a passkey, and opens it. */
  async signUpWithoutPasskey(): Promise<void> {
    await this.signUp();
    await this.press(this.texts.common.notNow);
    await this.arrivesAt(this.texts.account.heading(this.person.username));
  }

  /** Creates the person's account with a passkey, and opens it. */
  async signUpWithPasskey(): Promise<void> {
    await this.signUp();
    await this.press(this.texts.offer.create);
    await this.arrivesAt(this.texts.account.heading(this.person.username));
  }

  async signOut(): Promise<void> {
    await this.press(this.texts.account.signOut);
    await this.arrivesAt(this.texts.signIn.heading);
  }

  /** Fills the sign-in form and submits it. */
  async signIn(password = this.person.password): Promise<void> {
    await this.type(this.texts.common.username, this.person.username);
    await this.type(this.texts.common.password, password);
    await this.press(this.texts.signIn.submit);
  }

  async #announces(role: "alert" | "status", text: string): Promise<void> {
    await expect.poll(() => this.announcement(role)).toContain(text);
  }
}

async function textOf(part: Locator): Promise<string> {
  return ((await part.textContent()) ?? "").replace(/\s+/g, " ").trim();
}
