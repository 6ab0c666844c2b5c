import type { KnownActivityKind } from "../../account/activity.js";

/** A sentence, or one that contains how or with which passkey something was done. */
export type Sentence = string | ((about: string) => string);

/** The kinds of events that are always refused. */
type Attempt = "passkey_clone_suspected" | "refresh_token_reused";

/** The texts of the activity in English. */
export const activity = {
  heading: "Activity",
  lead: "What happened to your account. If something was not you, press “This was not me”.",
  empty: "Nothing is on record yet.",
  failed: "Your activity could not be loaded.",
  more: "Show more",
  refused: "Refused",
  notMe: "This was not me",
  notMeAbout: (sentence: string, time: string) => `This was not me: ${sentence}, ${time}`,
  passkey: (name: string) => `the passkey “${name}”`,
  anyPasskey: "a passkey",
  withPasskey: (name: string) => `with the passkey “${name}”`,
  withWrongPassword: "with a wrong password",
  /** What succeeded. Where a text is a function, its parameter begins with a space or is empty. */
  done: {
    account_registered: (how: string) => `Created the account${how}`,
    invitation_used: "Used an invitation",
    sign_in: (how: string) => `Signed in${how}`,
    password_locked: "The password was locked after too many wrong attempts",
    reauthentication: (how: string) => `Identity confirmed${how}`,
    session_ended: "Signed out a device",
    other_sessions_ended: "Signed out everywhere else",
    all_sessions_ended: "Signed out everywhere",
    password_set: "Set a password",
    password_changed: "Changed the password",
    password_removed: "Removed the password",
    passkey_added: (passkey: string) => `Added${passkey}`,
    passkey_renamed: (passkey: string) => `Renamed${passkey}`,
    passkey_removed: (passkey: string) => `Removed${passkey}`,
    passkey_suspended: (passkey: string) => `Suspended${passkey}`,
    passkey_resumed: (passkey: string) => `Resumed${passkey}`,
    account_created: "Created the account",
    account_imported: "Moved the account here from another system",
    account_deleted: "Deleted the account",
    account_updated: "Changed the names of the account",
    account_disabled: "Disabled the account",
    account_enabled: "Enabled the account",
    account_groups_changed: "Changed the groups of the account",
    username_unlocked: "Unlocked the password",
    invitation_created: "Created an invitation to the account",
    invitation_withdrawn: "Withdrew an invitation to the account",
    recovery_codes_created: "Made new recovery codes",
    recovery_codes_removed: "Removed the recovery codes",
    recovery_code_used: "Recovered the account with a recovery code",
    recovery_link_created: "Created a recovery link",
    recovery_link_withdrawn: "Withdrew a recovery link",
    recovery_link_used: "Recovered the account with a link from the operator",
  } satisfies Record<Exclude<KnownActivityKind, Attempt>, Sentence>,
  /** Why a session ended, where that says more than its end. */
  ends: {
    logout: "Signed out",
    session_limit: "A device was signed out, because there were too many",
  },
  refusals: {
    account_registered: (how: string) => `Someone tried to create the account${how}`,
    sign_in: (how: string) => `Someone tried to sign in${how}`,
    reauthentication: (how: string) => `Someone tried to confirm your identity${how}`,
    passkey_clone_suspected: (passkey: string) =>
      `Someone tried to sign in with what looks like a copy of${passkey}`,
    refresh_token_reused:
      "Someone used what looks like a copy of a session, so it was ended on all devices",
    password_set: (how: string) => `Someone tried to set a password${how}`,
    password_changed: (how: string) => `Someone tried to change the password${how}`,
    passkey_added: "Someone tried to add a passkey",
    recovery_code_used: "Someone tried to recover the account with a wrong or used recovery code",
    recovery_link_used: "Someone tried to recover the account with a recovery link",
  } satisfies Partial<Record<KnownActivityKind, Sentence>> & Record<Attempt, Sentence>,
  /** What an operator did. Everything else that succeeded is introduced by `operatorDid`. */
  operator: {
    account_created: "The operator created your account",
    account_imported: "The operator moved your account here from another system",
    invitation_created: "The operator invited you to your account",
    invitation_withdrawn: "The operator withdrew an invitation to your account",
    session_ended: "The operator signed out one of your devices",
    all_sessions_ended: "The operator signed you out everywhere",
    username_unlocked: "The operator unlocked your password",
    account_updated: "The operator changed your username or display name",
    account_disabled: "The operator disabled your account",
    account_enabled: "The operator enabled your account again",
    account_groups_changed: "The operator changed your groups",
    recovery_codes_removed: "The operator removed your recovery codes",
    recovery_link_created: "The operator created a recovery link for your account",
    recovery_link_withdrawn: "The operator withdrew the recovery link for your account",
  },
  operatorDid: (sentence: string) => `The operator: ${sentence}`,
  operatorOther: "The operator did something that this page cannot describe yet",
  other: "Something happened that this page cannot describe yet",

  notMeHeading: "Was this not you?",
  notMeLead: "Then someone else may have access to your account. These steps lock them out:",
  notMeRefusedLead:
    "It was refused, so nothing has changed. If you want to be safe, these steps help:",
  stepSession: (device: string) => `Sign out ${device}.`,
  stepOthers: "Sign out everywhere else.",
  stepPassword: "Choose a new password that you use on no other site.",
  stepPasskey: (name: string) => `Remove the passkey “${name}”.`,
  stepCodes: "Make new recovery codes, which make these void.",
  stepPasskeys: "Remove the passkeys that you do not recognise.",
  begin: "Begin",
  nowPassword: "Now choose a new password that you use on no other site.",
  nowPasskeys: "Now remove the passkeys that you do not recognise.",
};
