/** What a question to the browser answers; nothing where the browser forbids it by throwing. */
export function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
