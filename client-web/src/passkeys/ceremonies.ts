import { failed, type Outcome } from "../outcome/outcome.js";
import { passkeyObstacle } from "./passkey-dialog.js";

/** Passkey ceremonies, one at a time: browsers show one dialog and refuse a second request. */
export interface Ceremonies {
  /**
   * Runs a ceremony, if there can be any, after aborting the one before it. The signal it gets aborts when the caller's
   * does, when another ceremony starts, and at `close()`.
   */
  run<T>(
    signal: AbortSignal | undefined,
    ceremony: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>>;
  /** Resolves when no ceremony runs. */
  idle(): Promise<void>;
  /** Aborts at `close()`. */
  readonly closed: AbortSignal;
  close(): void;
}

/** No ceremony yet. */
export function createCeremonies(): Ceremonies {
  const life = new AbortController();
  let current: { readonly abort: () => void; readonly done: Promise<unknown> } | undefined;
  return {
    async run(signal, ceremony) {
      const obstacle = passkeyObstacle();
      if (obstacle) return failed(obstacle);
      current?.abort();
      const { controller, release } = follow(signal, life.signal);
      const running = ceremony(controller.signal);
      const mine = { abort: () => controller.abort(), done: running.catch(() => {}) };
      current = mine;
      try {
        return await running;
      } finally {
        release();
        if (current === mine) current = undefined;
      }
    },
    async idle() {
      while (current) await current.done;
    },
    closed: life.signal,
    close: () => life.abort(),
  };
}

/**
 * A controller that aborts when any of the signals does, until it is released. `AbortSignal.any` is
 * too young: Safari has it since 17.4, passkeys since 16.
 */
export function follow(...signals: readonly (AbortSignal | undefined)[]): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of signals) {
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
  }
  const release = () => {
    for (const signal of signals) signal?.removeEventListener("abort", abort);
  };
  return { controller, release };
}
