/** Returns the result of `read`, or `undefined` if the browser forbids the access by throwing. */
export function tryOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
