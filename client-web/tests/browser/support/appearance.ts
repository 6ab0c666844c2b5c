import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { screenshotPath } from "./screenshots.js";

const wide = { width: 1280, height: 900 };
/** The minimum width that WCAG 2.2 requires (1.4.10, Reflow). */
const narrow = { width: 320, height: 640 };

/** The rules of axe-core for colours, which depend on the scheme, and all others, which do not. */
const colourRules = ["color-contrast", "link-in-text-block"];
const colours: axe.RunOptions = { runOnly: { type: "rule", values: colourRules } };
const noColours: axe.RunOptions = {
  rules: Object.fromEntries(colourRules.map((it) => [it, { enabled: false }])),
};

/** Nothing depends on both, so narrow and dark needs no check. */
const looks = [
  { name: "light", viewport: wide, colorScheme: "light", rules: {} },
  { name: "dark", viewport: wide, colorScheme: "dark", rules: colours },
  { name: "narrow", viewport: narrow, colorScheme: "light", rules: noColours },
] as const;

/** In CI no one looks at screenshots. */
const { CI } = process.env;

/**
 * Checks a state of the page in light and dark colours and on a small screen: takes a screenshot, and
 * expects no violations that axe-core finds and no horizontal scrolling. In CI it takes no screenshots.
 */
export async function checkAppearance(page: Page, state: string): Promise<void> {
  expect(await page.locator("[role=alert]").count(), `alert regions in ${state}`).toBe(1);
  for (const { name, viewport, colorScheme, rules } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const look = `${state}.${name}`;
    if (CI === undefined) {
      await screenshot(page, look);
    }
    expect(await violations(page, rules), `accessibility of ${look}`).toEqual([]);
    expect(await horizontalScroll(page), `horizontal scrolling in ${look}`).toBe(0);
  }
  await page.setViewportSize(wide);
}

/** Takes a screenshot of the whole page, or only of the viewport if a dialog is open. */
async function screenshot(page: Page, look: string): Promise<void> {
  const fullPage = (await page.locator("dialog[open]").count()) === 0;
  if (fullPage) {
    await page.evaluate(() => scrollTo(0, 0));
  }
  await page.screenshot({ path: screenshotPath(look), fullPage });
}

/** How many pixels of the page or its dialog are beyond the right edge. */
function horizontalScroll(page: Page): Promise<number> {
  return page.evaluate(() => {
    const parts = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
    return Math.max(...parts.map((it) => it.scrollWidth - it.clientWidth));
  });
}

async function violations(page: Page, rules: axe.RunOptions): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axe.source);
  }
  const results = await page.evaluate(
    (it) => window.axe.run({ ...it, resultTypes: ["violations"] }),
    rules,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`),
  );
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
