/** Whether somebody is signed in here. */
export type SessionState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out" }
  | { readonly kind: "signed-in"; readonly sessionId: string };

/** What happened to the session. */
export type SessionEvent =
  | { readonly kind: "signed-in"; readonly where: "here" | "other-tab" }
  | {
      readonly kind: "signed-out";
      /** `here` and `other-tab`: somebody signed out. `ended`: the server refused the session. */
      readonly cause: "here" | "other-tab" | "ended";
    };
