import type { Claviger } from "./claviger.js";
import type { Context } from "./context.js";
import type { Session } from "./gen/claviger/v1/resources_pb.js";
import { success } from "./outcome.js";
import { sessionIdOf } from "./session.js";
import { leave } from "./sign-out.js";

/** The most the server puts on a page. */
const PAGE_SIZE = 100;

/** The caller's sessions. */
export function createSessions(context: Context): Claviger["sessions"] {
  const { authorized, exclusively, services, session } = context;
  return {
    async list() {
      const all: Session[] = [];
      let pageToken = "";
      do {
        const request = { pageSize: PAGE_SIZE, pageToken };
        const page = await authorized((options) =>
          services.sessions.listSessions(request, options),
        );
        if (!page.ok) return page;
        all.push(...page.value.sessions);
        pageToken = page.value.nextPageToken;
      } while (pageToken);
      return success(all);
    },
    async end(sessionId) {
      const own = sessionId === sessionIdOf(session.state);
      const answer = await authorized((options) =>
        services.sessions.revokeSession({ sessionId }, options),
      );
      if (!answer.ok) return answer;
      if (!own) return success(undefined);
      return exclusively(async () => {
        await leave(context);
        return success(undefined);
      });
    },
    async endOthers() {
      const answer = await authorized((options) =>
        services.sessions.revokeOtherSessions({}, options),
      );
      return answer.ok ? success(answer.value.revokedCount) : answer;
    },
  };
}
