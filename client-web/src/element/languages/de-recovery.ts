import type { Texts } from "./en.js";

/** The texts for getting back into an account, in German. */
export const recovery: Texts["recovery"] = {
  open: "Anmelden geht nicht?",
  heading: "Zurück in Ihr Konto",
  lead: "Verwenden Sie einen der Wiederherstellungscodes, die Sie aufbewahrt haben. Er ist erst verbraucht, wenn Sie sich neu anmelden können.",
  code: "Wiederherstellungscode",
  codeHint:
    "20 Buchstaben und Ziffern. Groß- und Kleinschreibung, Leerzeichen und Bindestriche sind egal.",
  submit: "Weiter",
  noCode:
    "Kein Code mehr? Bitten Sie die Betreiber dieser Website um einen Link zur Wiederherstellung, und öffnen Sie ihn auf diesem Gerät.",
  remembered: "Zurück zur Anmeldung",
  signedIn:
    "Sie sind schon angemeldet. Um den Link zur Wiederherstellung zu benutzen, melden Sie sich ab und öffnen Sie ihn dann noch einmal.",
  locked:
    "Mit diesem Benutzernamen sind zu viele Versuche fehlgeschlagen. Darum sind seine Wiederherstellungscodes ebenso gesperrt wie sein Passwort. Bitten Sie die Betreiber dieser Website um einen Link zur Wiederherstellung.",
  ended:
    "Diese Wiederherstellung ist vorbei: Sie wurde abgeschlossen oder hat zu lange gedauert. Wenn Sie gerade einen Passkey erstellt oder ein Passwort gewählt haben, melden Sie sich damit an. Sonst beginnen Sie noch einmal, mit dem Code oder mit dem Link.",
  chooseHeading: "Wählen Sie, wie Sie sich anmelden",
  chooseLead: (name) =>
    `Sie kommen zurück in das Konto ${name}. Erstellen Sie einen Passkey oder wählen Sie ein Passwort, dann sind Sie angemeldet.`,
  chooseLeadPassword: (name) =>
    `Sie kommen zurück in das Konto ${name}. Wählen Sie ein Passwort, dann sind Sie angemeldet.`,
  removeOld: "Meine alten Passkeys und mein altes Passwort entfernen und überall sonst abmelden",
  removeOldHint:
    "Lassen Sie das angekreuzt, wenn ein Gerät verloren oder gestohlen ist oder jemand Ihr Passwort kennen könnte.",
  removedAnyway:
    "Ihre alten Passkeys und Ihr altes Passwort werden entfernt, und Sie werden überall sonst abgemeldet. Das haben die Betreiber dieser Website so entschieden.",
  done: {
    removed:
      "Sie haben Ihr Konto wieder. Ihre alten Passkeys und Ihr altes Passwort sind entfernt, und Sie wurden überall sonst abgemeldet. Ihre alten Wiederherstellungscodes gelten nicht mehr: Erstellen Sie neue.",
    passkey:
      "Sie haben Ihr Konto wieder, und Ihr neuer Passkey ist bereit. Ihre alten Wiederherstellungscodes gelten nicht mehr: Erstellen Sie neue.",
    password:
      "Sie haben Ihr Konto wieder. Ihr neues Passwort ist gespeichert, und Sie wurden überall sonst abgemeldet. Ihre alten Wiederherstellungscodes gelten nicht mehr: Erstellen Sie neue.",
  },
};

/** The texts of the recovery codes of an account, in German. */
export const codes: Texts["codes"] = {
  heading: "Wiederherstellungscodes",
  none: "Sie haben keine Wiederherstellungscodes. Erstellen Sie welche und bewahren Sie sie auf: Jeder bringt Sie einmal zurück in Ihr Konto, wenn Sie alle Geräte verlieren.",
  left: (count) =>
    count === 1
      ? "Sie haben noch einen Wiederherstellungscode. Er bringt Sie einmal zurück in Ihr Konto, wenn Sie alle Geräte verlieren."
      : `Sie haben noch ${count} Wiederherstellungscodes. Jeder bringt Sie einmal zurück in Ihr Konto, wenn Sie alle Geräte verlieren.`,
  few: "Erstellen Sie neue Codes, bevor der letzte verbraucht ist.",
  make: "Wiederherstellungscodes erstellen",
  again: "Neue Codes erstellen",
  replaces: "Mit neuen Codes gelten die alten nicht mehr.",
  newHeading: "Ihre neuen Codes",
  shownOnce:
    "Codes, die Sie vorher hatten, gelten nicht mehr. Diese hier werden nur jetzt angezeigt: Bewahren Sie sie dort auf, wo Sie sie ohne Ihre Geräte finden und sonst niemand.",
  about: (site, username, date) =>
    `Wiederherstellungscodes von ${username} bei ${site}, erstellt am ${date}. Jeder gilt einmal.`,
  copy: "Kopieren",
  copied: "Die Codes sind kopiert.",
  notCopied: "Die Codes ließen sich nicht kopieren. Markieren Sie sie und kopieren Sie sie selbst.",
  save: "Als Datei speichern",
  fileName: "wiederherstellungscodes.txt",
  print: "Drucken",
  kept: "Ich habe sie aufbewahrt",
  lastRecovered: (time) => `Zuletzt wiederhergestellt am ${time}.`,
  recovered: (time) =>
    `Am ${time} wurde Ihr Konto mit einem Code oder einem Link wiederhergestellt. Wenn Sie das nicht waren, melden Sie alle anderen Geräte ab, entfernen Sie Passkeys, die Sie nicht kennen, und sagen Sie es den Betreibern dieser Website.`,
};
