import { expect, test } from "vitest";
import { en } from "../languages/en.js";
import { deviceName, isHandheld } from "./device-name.js";

const APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const GOOGLE = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${GOOGLE} Chrome/141.0.0.0 Safari/537.36`, "Chrome on Linux"],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${GOOGLE} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`,
    "Edge on Windows",
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/19.0 Safari/605.1.15`,
    "Safari on macOS",
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${APPLE} Version/19.0 Mobile/15E148 Safari/604.1`,
    "Safari on iPhone",
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${APPLE} CriOS/141.0 Mobile/15E148 Safari/604.1`,
    "Chrome on iPhone",
  ],
  ["Mozilla/5.0 (Windows NT 10.0; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Windows"],
  [
    `Mozilla/5.0 (Linux; Android 16; K) ${GOOGLE} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36`,
    "Samsung Internet on Android",
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${GOOGLE} Chrome/141.0.0.0 Safari/537.36`,
    "Chrome on ChromeOS",
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${GOOGLE} Chrome/141.0.0.0 Safari/537.36 OPR/120.0`,
    "Opera on Windows",
  ],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${GOOGLE} HeadlessChrome/141.0.0.0 Safari/537.36`,
    "Chrome on Linux",
  ],
])("a browser is named with its system: %s", (userAgent, name) => {
  expect(deviceName(userAgent, en)).toBe(name);
});

test("a program that is not a browser is shown by its own name", () => {
  expect(deviceName("grpcurl/1.9.3 grpc-go/1.61.0", en)).toBe("grpcurl");
});

test.each(["", "Mozilla/5.0", "<script>alert(1)</script>"])(
  "a user agent without a known name is an unknown device: %j",
  (userAgent) => {
    expect(deviceName(userAgent, en)).toBe(en.sessions.unknownDevice);
  },
);

test("phones and tablets are distinguished from computers", () => {
  const phone = "Mozilla/5.0 (Linux; Android 16; K)";
  const computer = "Mozilla/5.0 (X11; Linux x86_64)";

  expect([isHandheld(phone), isHandheld(computer)]).toEqual([true, false]);
});
