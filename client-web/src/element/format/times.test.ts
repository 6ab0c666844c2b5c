import { expect, test } from "vitest";
import { de } from "../languages/de.js";
import { en } from "../languages/en.js";
import { fullDate, milliseconds, relativeTime, waitText } from "./times.js";

const NOW = Date.UTC(2026, 4, 3, 12);
const SECOND = 1000;
const DAY = 86_400 * SECOND;

test.each([
  [0, "just now", "gerade eben"],
  [59 * SECOND, "just now", "gerade eben"],
  [60 * SECOND, "1 minute ago", "vor 1 Minute"],
  [2 * 3600 * SECOND, "2 hours ago", "vor 2 Stunden"],
  [DAY, "yesterday", "gestern"],
  [3 * DAY, "3 days ago", "vor 3 Tagen"],
  [8 * DAY, "last week", "letzte Woche"],
  [40 * DAY, "last month", "letzten Monat"],
  [800 * DAY, "2 years ago", "vor 2 Jahren"],
])("%d ms ago is %s", (age, english, german) => {
  const all = [en, de].map((texts) => relativeTime(NOW - age, NOW, texts));

  expect(all).toEqual([english, german]);
});

test("a time in the future is just now", () => {
  expect(relativeTime(NOW + 90 * SECOND, NOW, en)).toBe("just now");
});

test("dates are formatted in the language of the texts", () => {
  expect(fullDate(NOW, de)).toBe("3. Mai 2026");
});

test("a wait is shown in seconds, or in minutes when it is long", () => {
  const all = [1, 800, 1_000, 65_000, 120_000, 121_000].map((wait) =>
    waitText(NOW + wait, NOW, en).replace("You can try again in ", ""),
  );

  expect(all).toEqual([
    "1 second.",
    "1 second.",
    "1 second.",
    "65 seconds.",
    "about 2 minutes.",
    "about 3 minutes.",
  ]);
});

test("a timestamp keeps its milliseconds", () => {
  const time = {
    $typeName: "google.protobuf.Timestamp",
    seconds: 12n,
    nanos: 345_678_901,
  } as const;

  expect(milliseconds(time)).toBe(12_345);
});
