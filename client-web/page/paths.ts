import type { ClavigerAuth, View, ViewChange } from "../src/element/define.js";

const PATHS: Record<View, string> = {
  "sign-in": "/",
  "sign-up": "/sign-up",
  recovery: "/recovery",
  account: "/account",
};

/** The sections of the account that a hash can name, as in `/account#password`. */
const SECTIONS = ["passkeys", "password", "codes", "activity"];

/** The hash of a link to an invitation or a recovery. */
const LINK = /^#(invitation|recovery)=(.+)$/;

/** Keeps the path and the view in sync, so that each view has a path and the Back button works. */
export function followPath(element: ClavigerAuth): void {
  // A view change after a load or a history step replaces its entry, such as `/` by `/account`.
  let replace = true;

  element.addEventListener("claviger-view", (event) => {
    if (!(event instanceof CustomEvent)) return;
    const { view, title, site }: ViewChange = event.detail;
    showSite(site, title);
    if (location.pathname !== PATHS[view]) {
      // Keeps the requested section of the account through a sign-in.
      const address = PATHS[view] + (replace || view === "account" ? location.hash : "");
      if (replace) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
      followHash(element);
    }
    replace = false;
  });

  const follow = () => {
    takeLink(element);
    followHash(element);
    element.view = viewHere();
  };
  addEventListener("popstate", () => {
    replace = element.view !== viewHere();
    follow();
  });
  follow();
}

/** Shows the name of the site, or where the server has not said it the host, and the title with it. */
function showSite(site: string, title: string): void {
  const name = site || location.hostname;
  document.title = `${title} · ${name}`;
  const heading = document.querySelector(".site-name");
  if (heading) heading.textContent = name;
}

/** The view of the current path. */
function viewHere(): View {
  const views = Object.keys(PATHS) as View[];
  return views.find((view) => PATHS[view] === location.pathname) ?? "sign-in";
}

/** Opens what the hash links to, and removes it from the address bar, the history and bookmarks. */
function takeLink(element: ClavigerAuth): void {
  const [, kind, token] = LINK.exec(location.hash) ?? [];
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  if (kind === "invitation") element.openInvitation(token);
  else element.openRecovery(token);
}

/** Shows the section of the account that the hash names. */
function followHash(element: ClavigerAuth): void {
  const section = location.hash.slice(1);
  if (SECTIONS.includes(section)) element.setAttribute("section", section);
  else element.removeAttribute("section");
}
