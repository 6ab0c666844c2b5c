import type { Claviger } from "../../../src/claviger.js";
import type { createClaviger } from "../../../src/index.js";
import type { SessionEvent } from "../../../src/session/current-session.js";

declare global {
  /** What the blank page's script and {@link Tab} set. */
  interface Window {
    createClaviger: typeof createClaviger;
    claviger: Claviger;
    sessionEvents: SessionEvent[];
    /** How many passkey dialogs were opened, if they are counted. */
    dialogs: number;
  }
}
