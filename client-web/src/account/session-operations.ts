import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import type { Session } from "../gen/claviger/v1/resources_pb.js";
import { after, done, type Outcome, success } from "../outcome/outcome.js";
import { sessionIdOf } from "../session/current-session.js";
import { leave } from "../session/sign-out.js";

/** The most the server puts on a page. */
const PAGE_SIZE = 100;

/** The caller's sessions. */
export function createSessions(context: Context): Claviger["sessions"] {
  const { authorized, exclusively, server, session } = context;
  const list = (pageToken: string): Promise<Outcome<readonly Session[]>> =>
    after(
      authorized(server.listSessions, { pageSize: PAGE_SIZE, pageToken }),
      ({ sessions, nextPageToken }) =>
        nextPageToken
          ? after(list(nextPageToken), (others) => success([...sessions, ...others]))
          : success(sessions),
    );
  return {
    list: () => list(""),
    end(sessionId) {
      const own = sessionId === sessionIdOf(session.state);
      return after(authorized(server.revokeSession, { sessionId }), () =>
        own ? exclusively(() => leave(context)) : done,
      );
    },
    endOthers: () =>
      after(authorized(server.revokeOtherSessions, {}), ({ revokedCount }) =>
        success(revokedCount),
      ),
  };
}
