/** The texts for getting back into an account, in English. */
export const recovery = {
  open: "Cannot sign in?",
  heading: "Get back into your account",
  lead: "Use one of the recovery codes that you have kept. It is used up only when you have a new way to sign in.",
  code: "Recovery code",
  codeHint: "20 letters and digits. Capitals, spaces and hyphens do not matter.",
  submit: "Continue",
  noCode:
    "No code left? Ask the people who run this site for a recovery link, and open it on this device.",
  remembered: "Back to the sign-in",
  signedIn:
    "You are signed in already. To use the recovery link, sign out, then open the link again.",
  locked:
    "Too many attempts with this username have failed, so its recovery codes are locked as well as its password. Ask the people who run this site for a recovery link.",
  ended:
    "This recovery is over: it was completed, or it took too long. If you have just created a passkey or chosen a password, sign in with it. Otherwise begin again, with your code or with the link.",
  chooseHeading: "Choose a new way to sign in",
  chooseLead: (name: string) =>
    `You are getting back into the account ${name}. Create a passkey or choose a password, and you are signed in.`,
  chooseLeadPassword: (name: string) =>
    `You are getting back into the account ${name}. Choose a password, and you are signed in.`,
  removeOld: "Remove my old passkeys and my old password, and sign out everywhere else",
  removeOldHint:
    "Keep this ticked if a device was lost or stolen, or if someone may know your password.",
  removedAnyway:
    "Your old passkeys and your old password are removed, and you are signed out everywhere else. The people who run this site have decided so.",
  done: {
    removed:
      "You are back in. Your old passkeys and your old password are removed, and you were signed out everywhere else. Your old recovery codes are void: make new ones.",
    passkey:
      "You are back in, and your new passkey is ready. Your old recovery codes are void: make new ones.",
    password:
      "You are back in. Your new password is saved, and you were signed out everywhere else. Your old recovery codes are void: make new ones.",
  },
};

/** The texts of the recovery codes of an account, in English. */
export const codes = {
  heading: "Recovery codes",
  none: "You have no recovery codes. Make some and keep them: each lets you back in once if you lose every device.",
  left: (count: number) =>
    count === 1
      ? "One recovery code is left. It lets you back in once if you lose every device."
      : `${count} recovery codes are left. Each lets you back in once if you lose every device.`,
  few: "Make new codes before the last one is used.",
  make: "Make recovery codes",
  again: "Make new codes",
  replaces: "New codes make the old ones void.",
  newHeading: "Your new recovery codes",
  shownOnce:
    "Codes that you had before are void. These are shown only now: keep them where you find them without your devices, and no one else does.",
  about: (site: string, username: string, date: string) =>
    `Recovery codes of ${username} at ${site}, made on ${date}. Each works once.`,
  copy: "Copy",
  copied: "The codes are copied.",
  notCopied: "The codes could not be copied. Select them, and copy them yourself.",
  save: "Save as a file",
  fileName: "recovery-codes.txt",
  print: "Print",
  kept: "I have kept them",
  lastRecovered: (time: string) => `Last recovered on ${time}.`,
  recovered: (time: string) =>
    `On ${time} your account was recovered with a code or a link. If that was not you, sign out everywhere else, remove the passkeys that you do not recognise, and tell the people who run this site.`,
};
