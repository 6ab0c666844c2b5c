import type { Texts } from "./en.js";

/** The texts of the activity in German. */
export const activity: Texts["activity"] = {
  heading: "Aktivität",
  lead: "Was mit Ihrem Konto geschah. Wenn Sie etwas nicht selbst waren, drücken Sie „Das war ich nicht“.",
  empty: "Es ist noch nichts verzeichnet.",
  failed: "Ihre Aktivität konnte nicht geladen werden.",
  more: "Mehr anzeigen",
  refused: "Abgewiesen",
  notMe: "Das war ich nicht",
  notMeAbout: (sentence, time) => `Das war ich nicht: ${sentence}, ${time}`,
  passkey: (name) => `Passkey „${name}“`,
  anyPasskey: "Passkey",
  withPasskey: (name) => `mit dem Passkey „${name}“`,
  withWrongPassword: "mit einem falschen Passwort",
  done: {
    account_registered: (how) => `Konto erstellt${how}`,
    sign_in: (how) => `Angemeldet${how}`,
    password_locked: "Das Passwort wurde nach zu vielen Fehlversuchen gesperrt",
    reauthentication: (how) => `Identität bestätigt${how}`,
    session_ended: "Ein Gerät abgemeldet",
    other_sessions_ended: "Überall sonst abgemeldet",
    all_sessions_ended: "Überall abgemeldet",
    password_set: "Passwort festgelegt",
    password_changed: "Passwort geändert",
    password_removed: "Passwort entfernt",
    passkey_added: (passkey) => `Hinzugefügt:${passkey}`,
    passkey_renamed: (passkey) => `Umbenannt:${passkey}`,
    passkey_removed: (passkey) => `Entfernt:${passkey}`,
    account_deleted: "Konto gelöscht",
    username_unlocked: "Passwort entsperrt",
  },
  ends: {
    logout: "Abgemeldet",
    session_limit: "Ein Gerät wurde abgemeldet, weil es zu viele waren",
  },
  refusals: {
    account_registered: (how) => `Jemand hat versucht, das Konto${how} zu erstellen`,
    sign_in: (how) => `Jemand hat versucht, sich${how} anzumelden`,
    reauthentication: (how) => `Jemand hat versucht, Ihre Identität${how} zu bestätigen`,
    passkey_clone_suspected: (passkey) =>
      `Jemand hat versucht, sich mit einer möglichen Kopie anzumelden:${passkey}`,
    refresh_token_reused:
      "Jemand hat eine mögliche Kopie einer Sitzung benutzt, darum wurde sie auf allen Geräten beendet",
    password_set: (how) => `Jemand hat versucht,${how} ein Passwort festzulegen`,
    password_changed: (how) => `Jemand hat versucht, das Passwort${how} zu ändern`,
    passkey_added: "Jemand hat versucht, einen Passkey hinzuzufügen",
  },
  operator: {
    session_ended: "Die Betreiber haben eines Ihrer Geräte abgemeldet",
    all_sessions_ended: "Die Betreiber haben Sie überall abgemeldet",
    username_unlocked: "Die Betreiber haben Ihr Passwort entsperrt",
  },
  operatorDid: (sentence) => `Die Betreiber: ${sentence}`,
  operatorOther: "Die Betreiber haben etwas getan, das diese Seite noch nicht beschreiben kann",
  other: "Es geschah etwas, das diese Seite noch nicht beschreiben kann",

  notMeHeading: "Waren das nicht Sie?",
  notMeLead:
    "Dann hat vielleicht jemand anders Zugang zu Ihrem Konto. Diese Schritte sperren ihn aus:",
  notMeRefusedLead:
    "Es wurde abgewiesen, darum hat sich nichts geändert. Wenn Sie sichergehen wollen, helfen diese Schritte:",
  stepSession: (device) => `${device} abmelden.`,
  stepOthers: "Überall sonst abmelden.",
  stepPassword: "Ein neues Passwort wählen, das Sie auf keiner anderen Website benutzen.",
  stepPasskey: (name) => `Den Passkey „${name}“ entfernen.`,
  stepPasskeys: "Die Passkeys entfernen, die Sie nicht kennen.",
  begin: "Beginnen",
  nowPassword: "Wählen Sie nun ein neues Passwort, das Sie auf keiner anderen Website benutzen.",
  nowPasskeys: "Entfernen Sie nun die Passkeys, die Sie nicht kennen.",
};
