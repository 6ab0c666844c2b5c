import type { AccessToken } from "./access-token.js";

/** What one tab tells the others of its origin. */
export type TabMessage =
  | {
      readonly kind: "token";
      readonly token: AccessToken;
      /** The session it goes on with; left out when somebody signed in. */
      readonly follows?: string;
    }
  | {
      readonly kind: "signed-out";
      readonly sessionId: string;
      /** Whether the server refused the session. */
      readonly ended: boolean;
    };

/** The other tabs. */
export interface Tabs {
  /** Begins to listen. */
  open(): void;
  tell(message: TabMessage): void;
  close(): void;
}

/**
 * Tabs over a BroadcastChannel, which only pages of the same origin hear. Without a name, or where
 * the browser has no channels, there are no other tabs.
 */
export function createTabs(name: string | undefined, hear: (message: TabMessage) => void): Tabs {
  let channel: BroadcastChannel | undefined;
  let closed = false;
  const open = () => {
    if (!name || closed || channel || typeof BroadcastChannel === "undefined") return;
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }: MessageEvent<TabMessage>) => hear(data);
  };
  return {
    open,
    tell(message) {
      open();
      channel?.postMessage(message);
    },
    close() {
      closed = true;
      channel?.close();
      channel = undefined;
    },
  };
}
