import { failed, type Outcome } from "../outcome/outcome.js";
import { abortOnAny } from "./abort-on-any.js";
import { passkeyObstacle } from "./passkey-obstacle.js";

/** Runs passkey ceremonies one at a time: browsers show one dialog and refuse a second request. */
export interface Ceremonies {
  /**
   * Aborts the current ceremony and runs another one, unless this page cannot use passkeys. The
   * signal passed to `ceremony` aborts with the caller's signal, when another ceremony starts, and at
   * `close()`.
   */
  run<T>(
    signal: AbortSignal | undefined,
    ceremony: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>>;
  /** Resolves when no ceremony is running. */
  idle(): Promise<void>;
  /** Aborts at `close()`. */
  readonly closed: AbortSignal;
  close(): void;
}

/**
 * Creates the ceremonies of a client. None is running. `prepare` runs beside the beginning of each, and
 * loads what its dialog needs.
 */
export function createCeremonies(prepare: () => unknown = () => {}): Ceremonies {
  const closing = new AbortController();
  let current: { readonly abort: () => void; readonly done: Promise<unknown> } | undefined;
  return {
    async run(signal, ceremony) {
      const obstacle = passkeyObstacle();
      if (obstacle) return failed(obstacle);
      current?.abort();
      prepare();
      const { controller, release } = abortOnAny(signal, closing.signal);
      const running = ceremony(controller.signal);
      const own = { abort: () => controller.abort(), done: running.catch(() => {}) };
      current = own;
      try {
        return await running;
      } finally {
        release();
        if (current === own) current = undefined;
      }
    },
    async idle() {
      while (current) await current.done;
    },
    closed: closing.signal,
    close: () => closing.abort(),
  };
}
