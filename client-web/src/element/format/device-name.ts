import type { Texts } from "../languages/en.js";

/** The first match counts: for compatibility, many browsers also name others. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|OPiOS|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

/** The browser and system that a user agent claims. Not verified: a client can send anything. */
export function deviceName(userAgent: string, texts: Texts): string {
  const browser = first(BROWSERS, userAgent);
  const system = first(SYSTEMS, userAgent);
  if (browser && system) return texts.sessions.device(browser, system);
  return browser ?? system ?? productOf(userAgent) ?? texts.sessions.unknownDevice;
}

/** Whether a user agent claims to be a phone or a tablet. */
export function isHandheld(userAgent: string): boolean {
  return /\b(iPhone|iPad|Android|Mobile)\b/.test(userAgent);
}

function first(table: readonly (readonly [RegExp, string])[], userAgent: string) {
  return table.find(([pattern]) => pattern.test(userAgent))?.[1];
}

/** Programs other than browsers begin with their own name, such as `grpcurl/1.9`. */
function productOf(userAgent: string): string | undefined {
  const product = userAgent.match(/^([\w.-]{1,32})\//)?.[1];
  return product === "Mozilla" ? undefined : product;
}
