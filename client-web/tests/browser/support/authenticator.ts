import type { CDPSession, Page } from "playwright-core";

/** A kind of authenticator (DevTools protocol, `WebAuthn.VirtualAuthenticatorOptions`). */
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

/** A platform authenticator, such as a fingerprint reader. Its passkeys stay on the device. */
export const platform: AuthenticatorKind = {
  protocol: "ctap2",
  transport: "internal",
  ...verifying,
};
/** A password manager, whose passkeys are synced between the person's devices. */
export const synced: AuthenticatorKind = {
  ...platform,
  defaultBackupEligibility: true,
  defaultBackupState: true,
};
/** A USB security key with a PIN. */
export const usb: AuthenticatorKind = { protocol: "ctap2", transport: "usb", ...verifying };
/** An old USB security key, which cannot verify its user. */
export const u2f: AuthenticatorKind = { protocol: "u2f", transport: "usb" };

const sessions = new WeakMap<Page, Promise<CDPSession>>();

/** A virtual authenticator of one page. */
export class Authenticator {
  readonly #session: CDPSession;
  readonly #id: string;

  private constructor(session: CDPSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /** Adds one to a page, which can have at most one with the transport `internal`. */
  static async plugIn(page: Page, kind: AuthenticatorKind): Promise<Authenticator> {
    const session = await sessionOf(page);
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: { ...kind, automaticPresenceSimulation: true },
    });
    return new Authenticator(session, authenticatorId);
  }

  /** The ids of its passkeys, in base64. */
  async credentialIds(): Promise<string[]> {
    return (await this.#credentials()).map((it) => it.credentialId);
  }

  /** Removes its passkeys, as a reset does. */
  async forget(): Promise<void> {
    await this.#session.send("WebAuthn.clearCredentials", { authenticatorId: this.#id });
  }

  /** Copies its passkeys to another one, as a sync does. */
  async copyTo(other: Authenticator): Promise<void> {
    for (const credential of await this.#credentials()) {
      await other.#session.send("WebAuthn.addCredential", {
        authenticatorId: other.#id,
        credential,
      });
    }
  }

  /** Sets whether the fingerprint matches, or the PIN is right. */
  async recognises(isUserVerified: boolean): Promise<void> {
    await this.#session.send("WebAuthn.setUserVerified", {
      authenticatorId: this.#id,
      isUserVerified,
    });
  }

  /** Sets whether it is touched when requested. Otherwise dialogs stay open. */
  async isTouched(enabled: boolean): Promise<void> {
    await this.#session.send("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId: this.#id,
      enabled,
    });
  }

  /** Removes it. */
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
    // With enableUI the browser's own dialog opens, which cannot be clicked headless.
    await session.send("WebAuthn.enable", { enableUI: false });
    return session;
  })();
  sessions.set(page, opened);
  return opened;
}
