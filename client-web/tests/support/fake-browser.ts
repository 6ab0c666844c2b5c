// Fakes of the parts of a browser that Node lacks, for unit tests.
import { afterEach, vi } from "vitest";

/** A store like `localStorage`, or one that throws because it is forbidden. */
export function fakeStorage(allowed = true): Storage {
  const entries = new Map<string, string>();
  const guard = () => {
    if (!allowed) throw new DOMException("no", "SecurityError");
    return entries;
  };
  return {
    get length() {
      return guard().size;
    },
    clear: () => guard().clear(),
    getItem: (key) => guard().get(key) ?? null,
    key: (index) => [...guard().keys()][index] ?? null,
    removeItem: (key) => void guard().delete(key),
    setItem: (key, value) => void guard().set(key, value),
  };
}

/** Web Locks that all tabs of a test share. */
export function fakeLocks(): Pick<LockManager, "request"> {
  const tails = new Map<string, Promise<unknown>>();
  const request = async (name: string, ...rest: unknown[]): Promise<unknown> => {
    const task = rest.at(-1) as (lock: unknown) => Promise<unknown>;
    const { ifAvailable } = rest.length > 1 ? (rest[0] as LockOptions) : {};
    const tail = tails.get(name);
    if (ifAvailable && tail) return task(null);
    const run = (tail ?? Promise.resolve()).then(() => task({ name }));
    const settled = run
      .catch(() => {})
      .then(() => {
        if (tails.get(name) === settled) tails.delete(name);
      });
    tails.set(name, settled);
    return run;
  };
  return { request: request as LockManager["request"] };
}

/** A credential as an authenticator creates it. */
export function fakeCredential(firstByte: number, flags?: number): object {
  const data = new Uint8Array(37).fill(flags ?? 0, 32, 33).buffer;
  return {
    rawId: new Uint8Array([firstByte]).buffer,
    authenticatorAttachment: "platform",
    response: {
      clientDataJSON: new Uint8Array([1]).buffer,
      attestationObject: new Uint8Array([2]).buffer,
      authenticatorData: new Uint8Array([3]).buffer,
      signature: new Uint8Array([4]).buffer,
      userHandle: null,
      getTransports: () => ["internal"],
      ...(flags !== undefined && { getAuthenticatorData: () => data }),
    },
    getClientExtensionResults: () => ({ credProps: { rk: true } }),
  };
}

/** `navigator.credentials` that records its requests and waits for the test to resolve them. */
export class FakeCredentials {
  readonly requests: {
    readonly request: CredentialRequestOptions;
    readonly answer: (credential: unknown) => void;
    readonly refuse: (error: unknown) => void;
  }[] = [];

  get = (request: CredentialRequestOptions) =>
    new Promise((answer, refuse) => {
      this.requests.push({ request, answer, refuse });
      request.signal?.addEventListener("abort", () => refuse(request.signal?.reason));
    });

  create = this.get;
}

/** Fakes a browser with passkeys for a test. */
export function fakeBrowser({
  locks = fakeLocks(),
  capabilities = {} as Record<string, boolean>,
} = {}) {
  const credentials = new FakeCredentials();
  const signals = {
    signalAllAcceptedCredentials: vi.fn(async () => {}),
    signalCurrentUserDetails: vi.fn(async () => {}),
    signalUnknownCredential: vi.fn(async () => {}),
  };
  const known = { conditionalGet: true, conditionalCreate: true, ...capabilities };
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("PublicKeyCredential", { getClientCapabilities: async () => known, ...signals });
  vi.stubGlobal("navigator", { locks, credentials });
  vi.stubGlobal("location", { origin: "https://login.example.com" });
  vi.stubGlobal("localStorage", fakeStorage());
  vi.stubGlobal("sessionStorage", fakeStorage());
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  return { credentials, signals, page };
}

afterEach(() => {
  vi.unstubAllGlobals();
});
