import { activity } from "./en-activity.js";
import { codes, recovery } from "./en-recovery.js";

/** The length limits of passwords, in characters. */
export interface PasswordBounds {
  readonly minLength: number;
  readonly maxLength: number;
}

/** The element's texts in English. Their type is the pattern for every other language. */
export const en = {
  /** The BCP 47 tag, for dates and for the element's `lang`. */
  language: "en",

  common: {
    cancel: "Cancel",
    close: "Close",
    retry: "Try again",
    save: "Save",
    username: "Username",
    password: "Password",
    show: "Show",
    hide: "Hide",
    showPassword: "Show password",
    hidePassword: "Hide password",
    notNow: "Not now",
    loading: "Loading …",
  },

  signIn: {
    heading: "Sign in",
    submit: "Sign in",
    passkeyLead: "With your fingerprint, your face or your screen lock.",
    withPasskey: "Sign in with a passkey",
    withPasskeyFor: (username: string) => `Use a passkey for ${username}`,
    nameFirst: "With a security key, type your username first.",
    usePassword: "Use your password instead",
    or: "or",
    newHere: "New here?",
    signUp: "Create an account",
    closed: "No account yet? Ask the people who run this site for one.",
    noCookies:
      "Your browser blocks the cookies of this site. You can sign in, but you will not stay signed in for long. Allow cookies for this site to change that.",
    busy: "Signing you in …",
  },

  signUp: {
    heading: "Create an account",
    submit: "Create account",
    usernameHint: "Anything you will remember; your e-mail address is fine.",
    passwordHint: (bounds: PasswordBounds) =>
      `At least ${bounds.minLength} characters. A few words in a row make a good password.`,
    withPasskey: "Sign up with a passkey",
    passkeyHint:
      "Without a password: you sign in with your fingerprint, your face or your screen lock.",
    haveOne: "Already have an account?",
    signIn: "Sign in",
    closed: "You cannot create an account here yourself. Ask the people who run this site for one.",
    busy: "Creating your account …",
  },

  invitation: {
    heading: "You are invited",
    lead: (name: string) =>
      name
        ? `Welcome, ${name}. This invitation lets you create your account.`
        : "This invitation lets you create your account.",
    signedIn:
      "You are signed in already. To use the invitation, sign out, then open its link again.",
  },

  recovery,

  offer: {
    heading: "Sign in faster next time",
    lead: "Create a passkey, and from now on you sign in with your fingerprint, your face or your screen lock. No password to type, none to forget.",
    points: [
      "Only you can use it: it stays locked behind your device.",
      "It works on this site only, so a fake site cannot steal it.",
      "Your password keeps working.",
    ],
    create: "Create a passkey",
  },

  waiting: {
    signIn: "Your browser is asking for your passkey. Follow its steps.",
    create: "Your browser is asking where to keep the new passkey. Follow its steps.",
  },

  account: {
    heading: (name: string) => `Hello, ${name}`,
    title: "Your account",
    since: (date: string) => `Member since ${date}`,
    signOut: "Sign out",
    signingOut: "Signing you out …",
  },

  passkeys: {
    heading: "Passkeys",
    lead: "Sign in with your fingerprint, your face, your screen lock or a security key.",
    empty:
      "No passkey yet. A passkey takes the place of your password: your device proves that it is you, and there is nothing to remember or to give away.",
    add: "Add a passkey",
    unsupported: "This browser cannot create passkeys. Open this page in another one to add some.",
    only: "This passkey is your only way in. Add a second one, or set a password, in case you lose it.",
    synced: "Synced between your devices",
    deviceOnly: "This device only",
    securityKeyOnly: "On this security key only",
    kinds: {
      cloud: "Synced passkey",
      phone: "Passkey on a phone",
      computer: "Passkey on a computer",
      "security-key": "Security key",
    },
    usedHere: "This browser",
    created: "Created",
    lastUsed: "Last used",
    neverUsed: "Not used yet",
    rename: "Rename",
    renameOne: (name: string) => `Rename ${name}`,
    newName: "Name of this passkey",
    remove: "Remove",
    removeOne: (name: string) => `Remove ${name}`,
    cloneSuspected: (date: string) =>
      `On ${date} someone tried to sign in with what looks like a copy of this passkey. That was refused. If it was not you, remove this passkey.`,
    suspended: (date: string) =>
      `On ${date} the people who run this site suspended this passkey. Until they resume it, you cannot sign in with it.`,
    added: (name: string) => `“${name}” is ready. You can sign in with it from now on.`,
    notCreated: "No passkey was created.",
    keyNeeds: "A security key needs a PIN or a fingerprint reader.",
    addedSilently:
      "Your browser has created a passkey for you. Next time you can sign in without your password.",
    renamed: (name: string) => `The passkey is now called “${name}”.`,
    removed: (name: string) => `“${name}” was removed.`,
    removeHeading: (name: string) => `Remove “${name}”?`,
    removeLead: "You will no longer be able to sign in with it, and its sessions will end.",
    removeLast: "It is your last passkey. After that you sign in with your password.",
    lastWayInHeading: "This is your only way in",
    lastWayIn:
      "You have no password and no other passkey, so this one cannot be removed. Add another passkey or set a password first.",
    understood: "OK",
  },

  password: {
    heading: "Password",
    isSet: "Your account has a password.",
    isNotSet: "Your account has no password. You sign in with passkeys only.",
    change: "Change password",
    set: "Set a password",
    current: "Current password",
    usePasskey: "Use a passkey instead",
    useCurrent: "Use your current password instead",
    passkeyLead: "Your browser will ask for a passkey when you save.",
    new: "New password",
    othersEnd: "All your other devices will be signed out.",
    submit: "Save password",
    changed: "Your new password is saved. Your other devices were signed out.",
    remove: "Remove password",
    removeHeading: "Remove your password?",
    removeLead:
      "After that you can sign in only with your passkeys. That is safer, as long as you do not lose them: keep more than one, or one that is synced.",
    removed: "Your password is removed. You sign in with passkeys from now on.",
  },

  codes,

  sessions: {
    heading: "Where you are signed in",
    lead: "Sign out devices that you do not recognise or no longer use.",
    device: (browser: string, system: string) => `${browser} on ${system}`,
    unknownDevice: "Unknown device",
    here: "This device",
    active: "Active now",
    lastSeen: "Last seen",
    methods: { PASSWORD: "with a password", PASSKEY: "with a passkey" },
    since: "Signed in",
    end: "Sign out",
    endOne: (device: string) => `Sign out ${device}`,
    ended: (device: string) => `${device} was signed out.`,
    endOthers: "Sign out everywhere else",
    endedOthers: (count: number) =>
      count === 1 ? "One other device was signed out." : `${count} other devices were signed out.`,
  },

  activity,

  deletion: {
    heading: "Delete account",
    lead: "Removes your account with its passkeys and sessions.",
    open: "Delete account",
    dialogHeading: "Delete your account?",
    dialogLead:
      "Your account, its passkeys and its sessions will be deleted permanently. This cannot be undone.",
    typeName: (username: string) => `Type ${username} to confirm`,
    mismatch: (username: string) => `Please type ${username}, exactly as it is written here.`,
    confirm: "Delete permanently",
    done: "Your account is deleted.",
  },

  reauthentication: {
    heading: "Is it you?",
    lead: "Please confirm that it is really you. Then this continues by itself.",
    withPasskey: "Use a passkey",
    submit: "Confirm",
    impossible:
      "This needs one of your passkeys, and passkeys do not work here. Try it in another browser, or at the usual address of this site.",
    notProved: "You did not confirm that it is you, so nothing was changed.",
  },

  start: {
    offline: "No connection",
    unavailable: "One moment, please",
    failed: "Something went wrong",
    wrongAddress: "This site has a different address",
    wrongAddressLead:
      "For your safety, passwords and passkeys work at one address only. Please open this one:",
  },

  signedOut: {
    here: "You are signed out.",
    "other-tab": "You were signed out in another tab.",
    ended:
      "You were signed out, because this session has ended: it was too old, or it was ended from another device or by a new password.",
  },

  times: {
    justNow: "just now",
    waitSeconds: (seconds: number) =>
      seconds === 1 ? "You can try again in 1 second." : `You can try again in ${seconds} seconds.`,
    waitMinutes: (minutes: number) =>
      minutes === 1
        ? "You can try again in 1 minute."
        : `You can try again in about ${minutes} minutes.`,
    over: "You can try again now.",
  },

  /** The text under a field that violates a rule. */
  problems: {
    usernameRequired: "Please enter your username.",
    passwordRequired: "Please enter your password.",
    newPasswordRequired: "Please choose a password.",
    codeRequired: "Please enter one of your recovery codes.",
    codeTooLong: "This is too long for a recovery code.",
    nameRequired: "Please enter a name.",
    usernameTooLong:
      "This username is too long. It can have at most 64 characters, or 254 as an email address.",
    usernameCharacters:
      "Some characters are not allowed in a username, such as spaces, or letters or digits from different alphabets.",
    usernameTaken:
      "This username, or one that looks like it, is taken. Choose another one, or sign in if it is yours.",
    passwordTooShort: (bounds: PasswordBounds) =>
      `This password is too short. It needs at least ${bounds.minLength} characters; a few words in a row make a good one.`,
    passwordTooLong: (bounds: PasswordBounds) =>
      `This password is too long. It can have at most ${bounds.maxLength} characters.`,
    passwordCharacters:
      "This password contains a character that cannot be typed on every device, such as a tab.",
    passwordGuessable:
      "This password is too easy to guess. Avoid common ones, your username and the name of this site; a few unrelated words are better.",
    passwordWrong: "This password is not right.",
    nameTooLong: "This name is too long. It can have at most 64 characters.",
    nameCharacters: "Some characters are not allowed in a name.",
    other: "This is not accepted. Please try something else.",
  },

  /** The text for each kind of failure: what happened, and what the user can do. */
  failures: {
    cancelled:
      "The passkey dialog was closed, and nothing has changed. Try again whenever you like.",
    "already-registered":
      "This device or security key already holds a passkey of your account. You can sign in with it.",
    "no-passkey":
      "No passkey here belongs to an account on this site. It may have been removed. Use another passkey or your password.",
    refused:
      "This passkey was not accepted. Please try again, or use another one or your password.",
    unverified:
      "This security key cannot check that it is you. Set a PIN for it in the settings of your browser or computer, or use another passkey or your password.",
    unsupported:
      "This browser or device cannot do that with passkeys. Use your password, or try another browser.",
    insecure:
      "Passkeys do not work at this address. Open this site at its usual address, beginning with https.",
    busy: "Your browser is still showing another passkey dialog, perhaps in another tab. Close it and try again.",
    denied: "The username or the password is not right.",
    disabled:
      "This account is disabled, and no one can sign in to it. Ask the people who run this site.",
    suspended:
      "This passkey is suspended. Use another one or your password, or ask the people who run this site.",
    closed: "Accounts cannot be created here. Ask the people who run this site for one.",
    "not-invited":
      "This invitation is not valid: it was used or withdrawn, or it has expired. Ask the people who run this site for another one.",
    "wrong-code": "The username or the recovery code is not right. Each code works once.",
    "wrong-link":
      "This link is not valid: it was used or withdrawn, or it has expired. Ask the people who run this site for another one.",
    taken: "This username is taken.",
    expired: "That took a little too long. Please try again.",
    locked:
      "The password is locked after too many failed attempts. Use a passkey, sign in again if you were signed in, or ask the people who run this site to unlock it.",
    "signed-out": "You are signed out. Please sign in again.",
    "reauthentication-required": "Please confirm first that it is you.",
    "last-way-in":
      "This is the only way into your account, so it cannot be removed. Add a passkey or set a password first.",
    "too-many-passkeys":
      "Your account already has the maximum number of passkeys. Remove one that you no longer use.",
    "not-found": "That is no longer there. The list is up to date again.",
    "foreign-origin": "Signing in does not work from this address.",
    offline: "The server is not responding. Check your connection, then try again.",
    failed: "Something went wrong. It was not your fault. Please try again.",
    invalid: "Something is not right yet. Please look at the marked fields.",
    throttled: "Too many attempts. Please wait a moment.",
    unavailable: "The server is busy. Please wait a moment.",
  },
  requestId: (id: string) => `If it happens again, tell the people who run this site: ${id}`,
};

/** The element's texts in one language. */
export type Texts = typeof en;

/** Texts that replace the element's own. Those left out stay as they are. */
export type TextsOverride = { readonly [Part in keyof Texts]?: Partial<Texts[Part]> };
