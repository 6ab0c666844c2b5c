import type { BrowserContext, Locator, Page, Response } from "playwright-core";
import { expect } from "vitest";
import { en, type Texts } from "../../../src/element/languages/en.js";
import { checkAppearance } from "./appearance.js";
import { Authenticator, type AuthenticatorKind } from "./authenticator.js";
import { withoutCapabilities } from "./credentials.js";
import type { Server } from "./server.js";

/** The person at the page, as a {@link Visit} knows them. */
export interface Visitor {
  readonly username: string;
  readonly password: string;
  /** Their browser profile. */
  readonly context: BrowserContext;
  readonly server: Server;
}

/** How somebody comes to the page. */
export interface VisitOptions {
  /** The texts they read; English when left out. */
  readonly texts?: Texts;
  /**
   * Whether the browser offers passkeys in autofill. Not when left out: a virtual authenticator
   * takes the offer at once.
   */
  readonly autofill?: boolean;
  /** Whether it can make passkeys silently. Not when left out: without a screen it never answers. */
  readonly silentCreation?: boolean;
}

/** Somebody at the page that the server serves, who uses only what they can see and read. */
export class Visit {
  readonly person: Visitor;
  readonly page: Page;
  readonly texts: Texts;

  private constructor(person: Visitor, page: Page, texts: Texts) {
    this.person = person;
    this.page = page;
    this.texts = texts;
  }

  /** Prepares a tab. Nothing is open yet. */
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

  /** A button by what is written on it. */
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

  /** Waits until a heading is there. */
  async sees(heading: string): Promise<void> {
    await this.page.getByRole("heading", { name: heading, exact: true }).waitFor();
  }

  /** Waits until the page shows another view, and its heading has the focus, so it is read aloud. */
  async arrivesAt(heading: string): Promise<void> {
    await this.sees(heading);
    await expect.poll(() => this.focused()).toBe(heading);
  }

  /** The text, or else the label, of what has the focus. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const it = document.activeElement;
      if (it instanceof HTMLInputElement) {
        return it.labels?.[0]?.textContent ?? it.name;
      }
      return it?.getAttribute("aria-label") ?? it?.textContent?.trim() ?? "";
    });
  }

  /** Waits until somebody who cannot see is told this at once. */
  async isAlertedTo(words: string): Promise<void> {
    await this.#says("alert", words);
  }

  /** Waits until somebody who cannot see is told this when they have time. */
  async isNotifiedOf(words: string): Promise<void> {
    await this.#says("status", words);
  }

  /** What a screen reader says of the alerts, the other news, or the countdown. */
  hears(role: "alert" | "status" | "timer"): Promise<string> {
    return textOf(this.page.getByRole(role));
  }

  /** Waits until a field says what is wrong with it, to the eyes and to a screen reader. */
  async isCorrected(label: string, words: string): Promise<void> {
    const field = this.field(label);
    await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
    const described = await field.getAttribute("aria-describedby");
    expect(await textOf(this.page.locator(`#${described}`))).toBe(words);
  }

  /** Whether these words are somewhere on the page. */
  async reads(words: string | RegExp): Promise<void> {
    await this.page.getByText(words, { exact: true }).first().waitFor();
  }

  /** Pictures what is shown, and checks that everybody can use it. */
  look(state: string): Promise<void> {
    return checkAppearance(this.page, state);
  }

  /** Creates the person's account, and comes to the offer of a passkey. */
  async signUp(): Promise<void> {
    await this.open("/sign-up");
    await this.type(this.texts.common.username, this.person.username);
    await this.type(this.texts.common.password, this.person.password);
    await this.press(this.texts.signUp.submit);
    await this.arrivesAt(this.texts.offer.heading);
  }

  /** Creates the person's account without a passkey, and comes to it. */
  async signUpWithoutPasskey(): Promise<void> {
    await this.signUp();
    await this.press(this.texts.common.notNow);
    await this.arrivesAt(this.texts.account.heading(this.person.username));
  }

  /** Creates the person's account with a passkey, and comes to it. */
  async signUpWithPasskey(): Promise<void> {
    await this.signUp();
    await this.press(this.texts.offer.create);
    await this.arrivesAt(this.texts.account.heading(this.person.username));
  }

  async signOut(): Promise<void> {
    await this.press(this.texts.account.signOut);
    await this.arrivesAt(this.texts.signIn.heading);
  }

  /** Fills the sign-in form and sends it. */
  async signIn(password = this.person.password): Promise<void> {
    await this.type(this.texts.common.username, this.person.username);
    await this.type(this.texts.common.password, password);
    await this.press(this.texts.signIn.submit);
  }

  async #says(role: "alert" | "status", words: string): Promise<void> {
    await expect.poll(() => this.hears(role)).toContain(words);
  }
}

async function textOf(part: Locator): Promise<string> {
  return ((await part.textContent()) ?? "").replace(/\s+/g, " ").trim();
}
