/** Calls a listener. What it throws is reported as an uncaught error and has no other effect. */
export function notifyListener<T>(listener: (event: T) => void, event: T): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
