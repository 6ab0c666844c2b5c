import { render } from "lit-html";
import type { Claviger } from "../claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { SessionEvent } from "../session/current-session.js";
import type { Context, EventName } from "./context.js";
import { openSection, refreshAccount, showAccount } from "./flows/account.js";
import { startAutofill } from "./flows/autofill.js";
import { finishSignIn } from "./flows/finish-sign-in.js";
import { goTo, showSignedOut } from "./flows/screens.js";
import { start } from "./flows/start.js";
import { chooseLanguage, loadTexts, overrideTexts } from "./languages/choose-language.js";
import { en, type TextsOverride } from "./languages/en.js";
import { initialState, type Screen, type State, type View } from "./state.js";
import { headingOf, screenView } from "./views/screen.js";

/** Where there is no DOM, as on a server, the class exists all the same, so importing it is harmless. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** What the event `claviger-view` says. */
export interface ViewChange {
  readonly view: View;
  /** The heading of what is shown, for the page's title. */
  readonly title: string;
}

/**
 * `<claviger-auth>`: sign-in, sign-up and the account, in the page's own DOM, because shadow roots
 * keep password managers out. One per page.
 *
 * Attributes: `base-url` (where Claviger is; the page's own origin when left out), `view` (`sign-in`,
 * `sign-up` or `account`; follows the person), `lang` (`en` or `de`) and `section` (`passkeys` or
 * `password`: the part of the account to open with).
 *
 * Events, all bubbling: `claviger-view` ({@link ViewChange}); `claviger-signed-in` (`{ by }`, after a
 * passkey was offered where that was due; prevent its default to keep the account from being shown);
 * `claviger-signed-out` (`{ cause }`).
 */
export class ClavigerAuth extends Base {
  static readonly observedAttributes = ["view", "lang", "base-url", "section"];

  #state = initialState(Date.now());
  #given: Claviger | undefined;
  #claviger: Claviger | undefined;
  #override: TextsOverride | undefined;
  #context: Context | undefined;
  #unsubscribe: (() => void) | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #drawn = false;
  #drawing = false;
  /** The language that the page asked for; the attribute `lang` says the one that is spoken. */
  #language: string | null = null;
  #texts = en;
  #speaking = false;
  #focus: string | undefined;
  /** The screen and the heading that the page was told of last. */
  #shown = "";

  constructor() {
    super();
    // A property set before the class was known hides the accessor of its name: set it again.
    for (const name of ["claviger", "texts", "view"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      Object.assign(this, { [name]: value });
    }
  }

  /** A client of one's own. Without it the element makes one for `base-url`. */
  get claviger(): Claviger | undefined {
    return this.#given ?? this.#claviger;
  }
  set claviger(claviger: Claviger | undefined) {
    this.#given = claviger;
    if (this.#context) this.#restart();
  }

  /** Texts in place of the element's own. */
  get texts(): TextsOverride | undefined {
    return this.#override;
  }
  set texts(texts: TextsOverride | undefined) {
    this.#override = texts;
    this.#draw();
  }

  /** What is shown, or is to be shown. */
  get view(): View {
    return viewOf(this.getAttribute("view"));
  }
  set view(view: View) {
    this.setAttribute("view", view);
  }

  connectedCallback(): void {
    // What was there before belongs to the page, and stands in until there is something to draw.
    if (!this.#drawn) this.replaceChildren();
    this.#drawn = true;
    if (!this.#context) this.#start();
  }

  disconnectedCallback(): void {
    // Whoever moves the element takes it out and puts it back in one go: nothing has ended then.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === "lang" && !this.#speaking) this.#language = after;
    const context = this.#context;
    if (!context || before === after) return;
    if (name === "lang") void this.#speak();
    else if (name === "base-url") this.#restart();
    else if (name === "view") this.#go(context, viewOf(after));
    else if (name === "section" && context.state.screen === "account") openSection(context);
  }

  #start(): void {
    const context = this.#makeContext();
    this.#context = context;
    this.#state = { ...initialState(Date.now()), view: this.view };
    this.#unsubscribe = context.claviger.subscribe((event) => onSessionEvent(context, event));
    this.#drawNow();
    addEventListener("online", this.#online);
    void start(context, this.#speak());
  }

  #stop(): void {
    this.#context?.ceremony?.abort();
    this.#context?.autofill?.abort();
    this.#context = undefined;
    this.#shown = "";
    this.#unsubscribe?.();
    removeEventListener("online", this.#online);
    this.#claviger?.close();
    this.#claviger = undefined;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** What could not start without a connection starts when there is one. */
  #online = (): void => {
    const { screen, stuckBy, notice } = this.#state;
    if (screen === "stuck" && stuckBy === "offline") notice?.retry?.();
  };

  #restart(): void {
    this.#stop();
    if (this.isConnected) this.#start();
  }

  #go(context: Context, view: View): void {
    const { screen } = context.state;
    if (!isView(screen)) context.update({ view });
    else if (screen !== view) goTo(context, view, () => void showAccount(context));
  }

  #makeContext(): Context {
    const element = this;
    const baseUrl = this.getAttribute("base-url");
    if (!this.#given) this.#claviger = createClaviger(baseUrl ? { baseUrl } : {});
    const claviger = this.#given ?? this.#claviger;
    if (!claviger) throw new TypeError("there is no client");
    const context: Context = {
      claviger,
      ownOrigin: baseUrl
        ? new URL(baseUrl, document.baseURI).origin === location.origin
        : !this.#given,
      get state() {
        return element.#state;
      },
      get texts() {
        return overrideTexts(element.#texts, element.#override);
      },
      get section() {
        return element.getAttribute("section");
      },
      update(change: Partial<State>) {
        if (element.#context !== context) return;
        element.#state = { ...element.#state, ...change };
        element.#draw();
      },
      focus(id: string) {
        if (element.#context !== context) return;
        element.#focus = id;
        element.#draw();
      },
      // One that was stopped has nothing to say, and nothing more to show.
      emit: (type: EventName, detail: object) =>
        element.#context === context &&
        element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, cancelable: true })),
      ceremony: undefined,
      autofill: undefined,
      answer: undefined,
    };
    return context;
  }

  /** Learns the language that is asked for, and goes on in it. */
  async #speak(): Promise<void> {
    const { lang } = document.documentElement;
    const language = chooseLanguage([this.#language, lang, ...navigator.languages]);
    this.#texts = await loadTexts(language);
    this.#draw();
  }

  /** Draws once for all changes of this turn. */
  #draw(): void {
    if (this.#drawing || !this.#context) return;
    this.#drawing = true;
    queueMicrotask(() => this.#drawNow());
  }

  #drawNow(): void {
    this.#drawing = false;
    const context = this.#context;
    if (!context) return;
    render(screenView(context), this);
    this.#syncLanguage(context.texts.language);
    this.#syncDialog();
    this.#syncFocus();
    this.#syncClock(context);
    this.#announce(context);
  }

  #syncLanguage(language: string): void {
    if (this.lang === language) return;
    this.#speaking = true;
    this.lang = language;
    this.#speaking = false;
  }

  #syncDialog(): void {
    const dialog = this.querySelector("dialog");
    if (!dialog || dialog.open === Boolean(this.#state.question)) return;
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  #syncFocus(): void {
    const id = this.#focus;
    this.#focus = undefined;
    if (!id) return;
    const target = this.querySelector<HTMLElement>(`#${CSS.escape(id)}`);
    target?.focus();
    if (target instanceof HTMLInputElement) target.select();
  }

  /** Counts a wait down, and ends it by itself. */
  #syncClock(context: Context): void {
    const waits = this.#state.notice?.until !== undefined;
    if (waits === (this.#clock !== undefined)) return;
    clearInterval(this.#clock);
    this.#clock = waits ? setInterval(() => tick(context), 1000) : undefined;
  }

  /** Tells the page what is shown now, and arms what belongs to it. */
  #announce(context: Context): void {
    const { screen, view } = context.state;
    if (screen === "starting") return;
    const title = headingOf(context);
    const shown = `${screen} ${title}`;
    const moved = this.getAttribute("view") !== view;
    if (shown === this.#shown && !moved) return;
    if (screen === "sign-in" && !this.#shown.startsWith("sign-in ")) void startAutofill(context);
    else if (screen !== "sign-in") context.autofill?.abort();
    this.#shown = shown;
    this.view = view;
    context.emit("claviger-view", { view, title } satisfies ViewChange);
  }
}

function onSessionEvent(context: Context, event: SessionEvent): void {
  const { screen } = context.state;
  if (event.kind === "signed-out") showSignedOut(context, event.cause);
  else if (event.where === "here") return;
  else if (screen === "account") void refreshAccount(context);
  else if (screen !== "starting") void finishSignIn(context, "elsewhere");
}

function tick(context: Context): void {
  const { notice, screen } = context.state;
  const now = Date.now();
  if (!notice?.until || notice.until > now) {
    context.update({ now });
  } else {
    context.update({ notice: { tone: "neutral", say: (texts) => texts.times.over } });
    if (screen === "stuck") notice.retry?.();
  }
}

function viewOf(name: string | null): View {
  return name === "sign-up" || name === "account" ? name : "sign-in";
}

function isView(screen: Screen): screen is View {
  return screen === "sign-in" || screen === "sign-up" || screen === "account";
}
