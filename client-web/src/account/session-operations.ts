import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import type { Session } from "../gen/claviger/v1/resources_pb.js";
import { andThen, done, type Outcome, success } from "../outcome/outcome.js";
import { sessionIdOf } from "../session/current-session.js";
import { clearSession } from "../session/sign-out.js";

/** The maximum page size that the server allows. */
const PAGE_SIZE = 100;

/** The operations on the sessions of the signed-in user. */
export function sessionOperations(context: Context): Claviger["sessions"] {
  const { authorizedCall, exclusively, server, session } = context;
  const list = (pageToken: string): Promise<Outcome<readonly Session[]>> =>
    andThen(
      authorizedCall(server.listSessions, { pageSize: PAGE_SIZE, pageToken }),
      ({ sessions, nextPageToken }) =>
        nextPageToken
          ? andThen(list(nextPageToken), (others) => success([...sessions, ...others]))
          : success(sessions),
    );
  return {
    list: () => list(""),
    end(sessionId) {
      const own = sessionId === sessionIdOf(session.state);
      return andThen(authorizedCall(server.revokeSession, { sessionId }), () =>
        own ? exclusively(() => clearSession(context)) : done,
      );
    },
    endOthers: () =>
      andThen(authorizedCall(server.revokeOtherSessions, {}), ({ revokedCount }) =>
        success(revokedCount),
      ),
  };
}
