import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Texts } from "../languages/en.js";

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** A timestamp in milliseconds since 1970. */
export function milliseconds(time: Timestamp): number {
  return Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
}

/** The time relative to `now`, such as "yesterday". Clocks differ: the future is "just now". */
export function relativeTime(time: number, now: number, texts: Texts): string {
  const seconds = (now - time) / 1000;
  const unit = UNITS.find(([, length]) => seconds >= length);
  if (!unit) return texts.times.justNow;
  const format = new Intl.RelativeTimeFormat(locale(texts), { numeric: "auto" });
  return format.format(-Math.floor(seconds / unit[1]), unit[0]);
}

/** A date and time in full, such as "3 May 2026 at 14:05". */
export function fullTime(time: number, texts: Texts): string {
  return format(time, texts, { dateStyle: "long", timeStyle: "short" });
}

/** A date alone, such as "3 May 2026". */
export function fullDate(time: number, texts: Texts): string {
  return format(time, texts, { dateStyle: "long" });
}

/** The remaining wait: in seconds below two minutes, otherwise in minutes. */
export function waitText(until: number, now: number, texts: Texts): string {
  const seconds = Math.max(1, Math.ceil((until - now) / 1000));
  return seconds < 120
    ? texts.times.waitSeconds(seconds)
    : texts.times.waitMinutes(Math.ceil(seconds / 60));
}

function format(time: number, texts: Texts, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(texts), options).format(time);
}

/** The user's regional variant of the language, such as en-GB, on which dates depend. */
function locale(texts: Texts): string {
  const known = globalThis.navigator?.languages ?? [];
  return known.find((tag) => tag.split("-")[0] === texts.language) ?? texts.language;
}
