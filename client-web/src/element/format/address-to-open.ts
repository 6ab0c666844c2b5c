/**
 * This page's address at the first of the origins that is a web origin. Others, such as
 * `android:apk-key-hash:…`, belong to apps.
 */
export function addressToOpen(
  origins: readonly string[],
  here: { readonly pathname: string; readonly hash: string },
): string | undefined {
  const origin = origins.find((it) => /^https?:\/\//.test(it));
  return origin && new URL(origin).origin + here.pathname + here.hash;
}
