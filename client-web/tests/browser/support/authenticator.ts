import type { CDPSession, Page } from "playwright-core";

/** What kind of authenticator it is (DevTools protocol, `WebAuthn.VirtualAuthenticatorOptions`). */
export interface AuthenticatorKind {
  readonly protocol: "ctap2" | "u2f";
  readonly transport: "internal" | "usb";
  readonly hasResidentKey?: boolean;
  readonly hasUserVerification?: boolean;
  readonly isUserVerified?: boolean;
  readonly defaultBackupEligibility?: boolean;
  readonly defaultBackupState?: boolean;
}

const verifying = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true };

/** The device's own, such as a fingerprint reader; its passkeys stay on it. */
export const platform: AuthenticatorKind = {
  protocol: "ctap2",
  transport: "internal",
  ...verifying,
};
/** A password manager, whose passkeys are on all of the person's devices. */
export const synced: AuthenticatorKind = {
  ...platform,
  defaultBackupEligibility: true,
  defaultBackupState: true,
};
/** A USB key with a PIN. */
export const usb: AuthenticatorKind = { protocol: "ctap2", transport: "usb", ...verifying };
/** An old USB key, which knows that somebody touches it but not who. */
export const u2f: AuthenticatorKind = { protocol: "u2f", transport: "usb" };

const sessions = new WeakMap<Page, Promise<CDPSession>>();

/** A virtual authenticator, plugged into one page. */
export class Authenticator {
  readonly #session: CDPSession;
  readonly #id: string;

  private constructor(session: CDPSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /** Plugs one in. A page has at most one with the transport `internal`. */
  static async plugIn(page: Page, kind: AuthenticatorKind): Promise<Authenticator> {
    const session = await sessionOf(page);
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: { ...kind, automaticPresenceSimulation: true },
    });
    return new Authenticator(session, authenticatorId);
  }

  /** The ids of the passkeys on it, in base64. */
  async credentialIds(): Promise<string[]> {
    return (await this.#credentials()).map((it) => it.credentialId);
  }

  /** Forgets its passkeys, as a reset device does. */
  async forget(): Promise<void> {
    await this.#session.send("WebAuthn.clearCredentials", { authenticatorId: this.#id });
  }

  /** Puts copies of its passkeys onto another one, as synchronisation does. */
  async copyTo(other: Authenticator): Promise<void> {
    for (const credential of await this.#credentials()) {
      await other.#session.send("WebAuthn.addCredential", {
        authenticatorId: other.#id,
        credential,
      });
    }
  }

  /** Whether the finger fits, or the PIN is right, from now on. */
  async recognises(isUserVerified: boolean): Promise<void> {
    await this.#session.send("WebAuthn.setUserVerified", {
      authenticatorId: this.#id,
      isUserVerified,
    });
  }

  /** Whether somebody touches it when asked; otherwise dialogs stay open. */
  async isTouched(enabled: boolean): Promise<void> {
    await this.#session.send("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId: this.#id,
      enabled,
    });
  }

  /** Pulls it out. */
  async unplug(): Promise<void> {
    await this.#session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: this.#id });
  }

  async #credentials() {
    const answer = await this.#session.send("WebAuthn.getCredentials", {
      authenticatorId: this.#id,
    });
    return answer.credentials;
  }
}

function sessionOf(page: Page): Promise<CDPSession> {
  const known = sessions.get(page);
  if (known !== undefined) {
    return known;
  }
  const opened = (async () => {
    const session = await page.context().newCDPSession(page);
    // With enableUI the browser's own dialog opens, which nobody can click without a screen.
    await session.send("WebAuthn.enable", { enableUI: false });
    return session;
  })();
  sessions.set(page, opened);
  return opened;
}
