import type { Activity as Message } from "../gen/claviger/v1/resources_pb.js";

/** The kinds of events of an account that this version knows. `docs/audit.md` explains them. */
export type KnownActivityKind =
  | "account_registered"
  | "invitation_used"
  | "sign_in"
  | "password_locked"
  | "reauthentication"
  | "passkey_clone_suspected"
  | "refresh_token_reused"
  | "session_ended"
  | "other_sessions_ended"
  | "all_sessions_ended"
  | "password_set"
  | "password_changed"
  | "password_removed"
  | "passkey_added"
  | "passkey_renamed"
  | "passkey_removed"
  | "passkey_suspended"
  | "passkey_resumed"
  | "account_created"
  | "account_imported"
  | "account_deleted"
  | "account_updated"
  | "account_disabled"
  | "account_enabled"
  | "account_groups_changed"
  | "username_unlocked"
  | "invitation_created"
  | "invitation_withdrawn"
  | "recovery_codes_created"
  | "recovery_codes_removed"
  | "recovery_code_used"
  | "recovery_link_created"
  | "recovery_link_withdrawn"
  | "recovery_link_used";

/** The kind of an event. Later versions of the server add names. */
export type ActivityKind = KnownActivityKind | (string & Record<never, never>);

/** Something that happened to the account. */
export type Activity = Message & { readonly kind: ActivityKind };

/** Which part of the activity to list. */
export interface ActivityOptions {
  /** The `nextPageToken` of the page before. Default: the newest events. */
  readonly pageToken?: string;
  /** The maximum number of events, at most 100. Default: 20. */
  readonly pageSize?: number;
}

/** A page of what happened to the account. */
export interface ActivityPage {
  /** The events, newest first. */
  readonly activity: readonly Activity[];
  /** The `pageToken` of the next page. Empty on the last one. */
  readonly nextPageToken: string;
}
