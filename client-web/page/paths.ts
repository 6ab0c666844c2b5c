import type { ClavigerAuth, View, ViewChange } from "../src/element/define.js";

const PATHS: Record<View, string> = {
  "sign-in": "/",
  "sign-up": "/sign-up",
  account: "/account",
};

/** Keeps the address and the element in step: each view has its own path, and Back goes back. */
export function followPath(element: ClavigerAuth): void {
  // What follows a load or a step in history is no step of its own, such as `/` on to `/account`.
  let led = true;

  element.addEventListener("claviger-view", (event) => {
    if (!(event instanceof CustomEvent)) return;
    const { view, title }: ViewChange = event.detail;
    document.title = `${title} · ${location.hostname}`;
    if (location.pathname !== PATHS[view]) {
      // A part of the account that was asked for is still wanted after the sign-in on the way.
      const address = PATHS[view] + (led || view === "account" ? location.hash : "");
      if (led) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
      followHash(element);
    }
    led = false;
  });

  const follow = () => {
    followHash(element);
    element.view = viewHere();
  };
  addEventListener("popstate", () => {
    led = element.view !== viewHere();
    follow();
  });
  follow();
}

/** The view whose path this is. */
function viewHere(): View {
  const views = Object.keys(PATHS) as View[];
  return views.find((view) => PATHS[view] === location.pathname) ?? "sign-in";
}

/** The hash names a part of the account, as `/.well-known/change-password` does. */
function followHash(element: ClavigerAuth): void {
  const section = location.hash.slice(1);
  if (section === "passkeys" || section === "password") element.setAttribute("section", section);
  else element.removeAttribute("section");
}
