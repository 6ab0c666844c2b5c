/**
 * Creates a controller that aborts when any of the signals does, until it is released. Instead of
 * `AbortSignal.any`, which Safari supports since 17.4, but passkeys since 16.
 */
export function abortOnAny(...signals: readonly (AbortSignal | undefined)[]): {
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
