import { render } from "lit-html";
import type { Claviger } from "../claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { SessionEvent } from "../session/current-session.js";
import type { Context, EventName, Link } from "./context.js";
import { openSection, refreshAccount, showAccount } from "./flows/account.js";
import { startAutofill } from "./flows/autofill.js";
import { finishSignIn } from "./flows/finish-sign-in.js";
import { goTo, showSignedOut } from "./flows/screens.js";
import { start } from "./flows/start.js";
import { chooseLanguage, loadTexts, overrideTexts } from "./languages/choose-language.js";
import { en, type TextsOverride } from "./languages/en.js";
import { initialState, isView, type State, type View } from "./state.js";
import { headingOf, screenView } from "./views/screen.js";

/** Without a DOM, as on a server, the class has another base, so that it can still be imported. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Languages of other texts than the element's own that read from right to left. */
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/;

/** The detail of the event `claviger-view`. */
export interface ViewChange {
  readonly view: View;
  /** The heading of the view, for the page's title. */
  readonly title: string;
  /** The name of the site, from the server. Empty while it is not known. */
  readonly site: string;
}

/**
 * `<claviger-auth>`: sign-in, sign-up and the account. Renders into the page's own DOM, because
 * password managers do not see into shadow roots. At most one per page.
 *
 * Attributes: `base-url` (the URL of Claviger; default: the page's own origin), `view` (`sign-in`,
 * `sign-up`, `recovery` or `account`; changes as the user navigates), `lang` (`en` or `de`), `section`
 * (`passkeys`, `password`, `codes` or `activity`: the section of the account to show first) and `autofocus`
 * (focuses the first field when it is loaded, unless the page has moved the focus elsewhere).
 *
 * Events, all bubbling: `claviger-view` ({@link ViewChange}); `claviger-signed-in` (`{ by }`, after
 * the offer of a passkey, if there is one; prevent its default to keep the account from being shown);
 * `claviger-signed-out` (`{ cause }`).
 */
export class ClavigerAuth extends Base {
  static readonly observedAttributes = ["view", "lang", "base-url", "section"];

  #state = initialState(Date.now());
  #given: Claviger | undefined;
  #claviger: Claviger | undefined;
  #override: TextsOverride | undefined;
  #link: Link | undefined;
  #context: Context | undefined;
  #unsubscribe: (() => void) | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #rendered = false;
  #renderScheduled = false;
  /** The language that the page requested. The attribute `lang` then holds the one in use. */
  #requestedLanguage: string | null = null;
  #texts = en;
  #settingLang = false;
  #focus: string | undefined;
  /** The screen and the heading of the last `claviger-view` event. */
  #published = "";

  constructor() {
    super();
    // A property that was set before the class was defined hides its accessor: set it again.
    for (const name of ["claviger", "texts", "view"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      Object.assign(this, { [name]: value });
    }
  }

  /** The client to use. Default: one that the element creates for `base-url`. */
  get claviger(): Claviger | undefined {
    return this.#given ?? this.#claviger;
  }
  set claviger(claviger: Claviger | undefined) {
    if (claviger === this.#given) return;
    this.#given = claviger;
    if (this.#context) this.#restart();
  }

  /** Texts that replace some of the element's own. */
  get texts(): TextsOverride | undefined {
    return this.#override;
  }
  set texts(texts: TextsOverride | undefined) {
    this.#override = texts;
    this.#scheduleRender();
  }

  /** The view that is shown or requested. */
  get view(): View {
    return viewOf(this.getAttribute("view"));
  }
  set view(view: View) {
    this.setAttribute("view", view);
  }

  /**
   * Opens an invitation: greets the user and shows the sign-up that it is for. `token` is the text in its
   * link. Keep it out of the address bar.
   */
  openInvitation(token: string): void {
    this.#open({ kind: "invitation", token });
  }

  /**
   * Opens a recovery link of an operator: lets the user choose a new passkey or password. `token` is the
   * text in the link. Keep it out of the address bar.
   */
  openRecovery(token: string): void {
    this.#open({ kind: "recovery", token });
  }

  connectedCallback(): void {
    // Not before the end of this turn, in which frameworks set properties and attributes.
    queueMicrotask(() => {
      if (this.isConnected && !this.#context) this.#start();
    });
  }

  disconnectedCallback(): void {
    // Moving the element removes it and inserts it again in the same turn: that must not stop it.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === "lang" && !this.#settingLang) this.#requestedLanguage = after;
    const context = this.#context;
    if (!context || before === after) return;
    if (name === "lang") void this.#loadTexts();
    else if (name === "base-url") this.#restart();
    else if (name === "view") this.#go(context, viewOf(after));
    else if (name === "section" && context.state.screen === "account") openSection(context);
  }

  #open(link: Link): void {
    const context = this.#context;
    if (context && this.#state.screen === "starting") {
      context.link = link;
    } else {
      this.#link = link;
      if (context) this.#restart();
    }
  }

  #start(): void {
    const context = this.#makeContext();
    // The page's own content is a placeholder until the first rendering.
    if (!this.#rendered) this.replaceChildren();
    this.#rendered = true;
    this.#context = context;
    this.#state = { ...initialState(Date.now()), view: this.view };
    this.#unsubscribe = context.claviger.subscribe((event) => onSessionEvent(context, event));
    this.#renderNow();
    addEventListener("online", this.#online);
    void start(context, this.#loadTexts());
  }

  #stop(): void {
    this.#context?.ceremony?.abort();
    this.#context?.autofill?.abort();
    this.#context = undefined;
    this.#published = "";
    this.#unsubscribe?.();
    removeEventListener("online", this.#online);
    this.#claviger?.close();
    this.#claviger = undefined;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** Retries a start that failed without a connection. */
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
      get autofocus() {
        return element.hasAttribute("autofocus") && document.activeElement === document.body;
      },
      update(change: Partial<State>) {
        if (element.#context !== context) return;
        element.#state = { ...element.#state, ...change };
        element.#scheduleRender();
      },
      focus(id: string) {
        if (element.#context !== context) return;
        element.#focus = id;
        element.#scheduleRender();
      },
      // A stopped context dispatches no events, and nothing is shown after them.
      emit: (type: EventName, detail: object) =>
        element.#context === context &&
        element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, cancelable: true })),
      link: this.#link,
      ceremony: undefined,
      autofill: undefined,
      answer: undefined,
    };
    this.#link = undefined;
    return context;
  }

  /** Loads the texts of the requested language and renders them. */
  async #loadTexts(): Promise<void> {
    const { lang } = document.documentElement;
    const language = chooseLanguage([this.#requestedLanguage, lang, ...navigator.languages]);
    this.#texts = await loadTexts(language);
    this.#scheduleRender();
  }

  /** Renders once for all changes of this turn. */
  #scheduleRender(): void {
    if (this.#renderScheduled || !this.#context) return;
    this.#renderScheduled = true;
    queueMicrotask(() => this.#renderNow());
  }

  #renderNow(): void {
    this.#renderScheduled = false;
    const context = this.#context;
    if (!context) return;
    render(screenView(context), this);
    this.#syncLanguage(context.texts.language);
    this.#syncDialog();
    this.#syncFocus();
    this.#syncClock(context);
    this.#publish(context);
  }

  #syncLanguage(language: string): void {
    // The page may read the other way, which would move full stops to the wrong side.
    if (!this.dir) this.dir = RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
    if (this.lang === language) return;
    this.#settingLang = true;
    this.lang = language;
    this.#settingLang = false;
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
    // Also if it had the focus and something else has moved it out of view.
    target?.scrollIntoView({ block: "nearest" });
    if (target instanceof HTMLInputElement) target.select();
  }

  /** Runs the countdown of a wait while there is one. */
  #syncClock(context: Context): void {
    const waits = this.#state.notice?.until !== undefined;
    if (waits === (this.#clock !== undefined)) return;
    clearInterval(this.#clock);
    this.#clock = waits ? setInterval(() => tick(context), 1000) : undefined;
  }

  /** Publishes a change of view to the page, and starts or stops the autofill offer with it. */
  #publish(context: Context): void {
    const { screen, view } = context.state;
    if (screen === "starting") return;
    const title = headingOf(context);
    const current = `${screen} ${title}`;
    const moved = this.getAttribute("view") !== view;
    if (current === this.#published && !moved) return;
    if (screen === "sign-in" && !this.#published.startsWith("sign-in "))
      void startAutofill(context);
    else if (screen !== "sign-in") context.autofill?.abort();
    this.#published = current;
    this.view = view;
    const site = context.state.info?.relyingPartyName ?? "";
    context.emit("claviger-view", { view, title, site } satisfies ViewChange);
  }
}

function onSessionEvent(context: Context, event: SessionEvent): void {
  const { screen } = context.state;
  // What is restored is for the start to show.
  if (event.kind === "signed-out") {
    if (event.cause !== "nothing-restored") showSignedOut(context, event.cause);
  } else if (event.where === "here") return;
  else if (screen === "account") void refreshAccount(context);
  else if (screen !== "starting") void finishSignIn(context, "elsewhere");
}

function tick(context: Context): void {
  const { notice, screen } = context.state;
  const now = Date.now();
  if (!notice?.until || notice.until > now) {
    context.update({ now });
  } else {
    context.update({ notice: { tone: "neutral", text: (texts) => texts.times.over } });
    if (screen === "stuck") notice.retry?.();
  }
}

function viewOf(name: string | null): View {
  return isView(name) ? name : "sign-in";
}
