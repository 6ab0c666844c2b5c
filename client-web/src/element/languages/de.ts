import { activity } from "./de-activity.js";
import { codes, recovery } from "./de-recovery.js";
import type { Texts } from "./en.js";

/** The element's texts in German. */
export const de: Texts = {
  language: "de",

  common: {
    cancel: "Abbrechen",
    close: "Schließen",
    retry: "Erneut versuchen",
    save: "Speichern",
    username: "Benutzername",
    password: "Passwort",
    show: "Anzeigen",
    hide: "Verbergen",
    showPassword: "Passwort anzeigen",
    hidePassword: "Passwort verbergen",
    notNow: "Jetzt nicht",
    loading: "Wird geladen …",
  },

  signIn: {
    heading: "Anmelden",
    submit: "Anmelden",
    passkeyLead: "Mit Fingerabdruck, Gesicht oder Bildschirmsperre.",
    withPasskey: "Mit Passkey anmelden",
    withPasskeyFor: (username) => `Passkey für ${username} verwenden`,
    nameFirst: "Mit einem Sicherheitsschlüssel geben Sie zuerst Ihren Benutzernamen ein.",
    usePassword: "Stattdessen das Passwort verwenden",
    or: "oder",
    newHere: "Neu hier?",
    signUp: "Konto erstellen",
    closed: "Noch kein Konto? Bitten Sie die Betreiber dieser Website um eines.",
    noCookies:
      "Ihr Browser blockiert die Cookies dieser Website. Sie können sich anmelden, bleiben es aber nicht lange. Erlauben Sie dieser Website Cookies, um das zu ändern.",
    busy: "Sie werden angemeldet …",
  },

  signUp: {
    heading: "Konto erstellen",
    submit: "Konto erstellen",
    usernameHint: "Was Sie sich gut merken können; auch Ihre E-Mail-Adresse.",
    passwordHint: (bounds) =>
      `Mindestens ${bounds.minLength} Zeichen. Ein paar Wörter hintereinander sind ein gutes Passwort.`,
    withPasskey: "Mit Passkey registrieren",
    passkeyHint:
      "Ohne Passwort: Sie melden sich mit Fingerabdruck, Gesicht oder Bildschirmsperre an.",
    haveOne: "Sie haben schon ein Konto?",
    signIn: "Anmelden",
    closed:
      "Hier können Sie nicht selbst ein Konto erstellen. Bitten Sie die Betreiber dieser Website um eines.",
    busy: "Ihr Konto wird erstellt …",
  },

  invitation: {
    heading: "Sie sind eingeladen",
    lead: (name) =>
      name
        ? `Willkommen, ${name}. Mit dieser Einladung erstellen Sie Ihr Konto.`
        : "Mit dieser Einladung erstellen Sie Ihr Konto.",
    signedIn:
      "Sie sind schon angemeldet. Um die Einladung zu benutzen, melden Sie sich ab und öffnen Sie dann den Link noch einmal.",
  },

  recovery,

  offer: {
    heading: "Nächstes Mal schneller anmelden",
    lead: "Erstellen Sie einen Passkey. Dann melden Sie sich mit Fingerabdruck, Gesicht oder Bildschirmsperre an – ganz ohne Passwort.",
    points: [
      "Nur Sie können ihn benutzen: Ihr Gerät gibt ihn nicht heraus.",
      "Er gilt nur auf dieser Website. Gefälschte Seiten können ihn nicht stehlen.",
      "Ihr Passwort gilt weiterhin.",
    ],
    create: "Passkey erstellen",
  },

  waiting: {
    signIn: "Ihr Browser fragt nach Ihrem Passkey. Folgen Sie seinen Schritten.",
    create: "Ihr Browser fragt, wo der neue Passkey liegen soll. Folgen Sie seinen Schritten.",
  },

  account: {
    heading: (name) => `Hallo, ${name}`,
    title: "Ihr Konto",
    since: (date) => `Dabei seit ${date}`,
    signOut: "Abmelden",
    signingOut: "Sie werden abgemeldet …",
  },

  passkeys: {
    heading: "Passkeys",
    lead: "Melden Sie sich mit Fingerabdruck, Gesicht, Bildschirmsperre oder Sicherheitsschlüssel an.",
    empty:
      "Noch kein Passkey. Ein Passkey ersetzt Ihr Passwort: Ihr Gerät weist Sie aus, und Sie müssen sich nichts merken und können nichts verraten.",
    add: "Passkey hinzufügen",
    unsupported:
      "Dieser Browser kann keine Passkeys erstellen. Öffnen Sie diese Seite dafür in einem anderen.",
    only: "Sie kommen nur mit diesem einen Passkey in Ihr Konto. Fügen Sie einen zweiten hinzu oder legen Sie ein Passwort fest, falls Sie ihn verlieren.",
    synced: "Auf Ihren Geräten synchronisiert",
    deviceOnly: "Nur auf diesem Gerät",
    securityKeyOnly: "Nur auf diesem Sicherheitsschlüssel",
    kinds: {
      cloud: "Synchronisierter Passkey",
      phone: "Passkey auf einem Telefon",
      computer: "Passkey auf einem Computer",
      "security-key": "Sicherheitsschlüssel",
    },
    usedHere: "Dieser Browser",
    created: "Erstellt",
    lastUsed: "Zuletzt benutzt",
    neverUsed: "Noch nicht benutzt",
    rename: "Umbenennen",
    renameOne: (name) => `${name} umbenennen`,
    newName: "Name dieses Passkeys",
    remove: "Entfernen",
    removeOne: (name) => `${name} entfernen`,
    cloneSuspected: (date) =>
      `Am ${date} hat jemand versucht, sich mit einer möglichen Kopie dieses Passkeys anzumelden. Der Versuch wurde abgewiesen. Wenn Sie das nicht waren, entfernen Sie diesen Passkey.`,
    suspended: (date) =>
      `Am ${date} haben die Betreiber dieser Website diesen Passkey ausgesetzt. Bis sie ihn wieder freigeben, können Sie sich damit nicht anmelden.`,
    added: (name) => `„${name}“ ist bereit. Sie können sich ab jetzt damit anmelden.`,
    notCreated: "Es wurde kein Passkey erstellt.",
    keyNeeds: "Ein Sicherheitsschlüssel braucht eine PIN oder einen Fingerabdruckleser.",
    addedSilently:
      "Ihr Browser hat einen Passkey für Sie erstellt. Nächstes Mal können Sie sich ohne Passwort anmelden.",
    renamed: (name) => `Der Passkey heißt jetzt „${name}“.`,
    removed: (name) => `„${name}“ wurde entfernt.`,
    removeHeading: (name) => `„${name}“ entfernen?`,
    removeLead: "Sie können sich damit nicht mehr anmelden, und seine Sitzungen enden.",
    removeLast: "Es ist Ihr letzter Passkey. Danach melden Sie sich mit Ihrem Passwort an.",
    lastWayInHeading: "Das ist Ihr einziger Zugang",
    lastWayIn:
      "Sie haben kein Passwort und keinen anderen Passkey, darum kann dieser nicht entfernt werden. Fügen Sie vorher einen weiteren hinzu oder legen Sie ein Passwort fest.",
    understood: "Verstanden",
  },

  password: {
    heading: "Passwort",
    isSet: "Ihr Konto hat ein Passwort.",
    isNotSet: "Ihr Konto hat kein Passwort. Sie melden sich nur mit Passkeys an.",
    change: "Passwort ändern",
    set: "Passwort festlegen",
    current: "Bisheriges Passwort",
    usePasskey: "Stattdessen mit Passkey",
    useCurrent: "Stattdessen mit Passwort",
    passkeyLead: "Beim Speichern fragt Ihr Browser nach einem Passkey.",
    new: "Neues Passwort",
    othersEnd: "Alle Ihre anderen Geräte werden abgemeldet.",
    submit: "Passwort speichern",
    changed: "Ihr neues Passwort ist gespeichert. Ihre anderen Geräte wurden abgemeldet.",
    remove: "Passwort entfernen",
    removeHeading: "Ihr Passwort entfernen?",
    removeLead:
      "Danach können Sie sich nur noch mit Ihren Passkeys anmelden. Das ist sicherer, solange Sie sie nicht verlieren: Legen Sie mehr als einen an, oder einen, der synchronisiert wird.",
    removed: "Ihr Passwort ist entfernt. Sie melden sich ab jetzt mit Passkeys an.",
  },

  codes,

  sessions: {
    heading: "Wo Sie angemeldet sind",
    lead: "Melden Sie Geräte ab, die Sie nicht kennen oder nicht mehr benutzen.",
    device: (browser, system) =>
      system.startsWith("iP") ? `${browser} auf dem ${system}` : `${browser} unter ${system}`,
    unknownDevice: "Unbekanntes Gerät",
    here: "Dieses Gerät",
    active: "Gerade aktiv",
    lastSeen: "Zuletzt gesehen",
    methods: { PASSWORD: "mit Passwort", PASSKEY: "mit Passkey" },
    since: "Angemeldet",
    end: "Abmelden",
    endOne: (device) => `${device} abmelden`,
    ended: (device) => `${device} wurde abgemeldet.`,
    endOthers: "Überall sonst abmelden",
    endedOthers: (count) =>
      count === 1
        ? "Ein anderes Gerät wurde abgemeldet."
        : `${count} andere Geräte wurden abgemeldet.`,
  },

  activity,

  deletion: {
    heading: "Konto löschen",
    lead: "Entfernt Ihr Konto mit allen Passkeys und Sitzungen.",
    open: "Konto löschen",
    dialogHeading: "Ihr Konto löschen?",
    dialogLead:
      "Ihr Konto, seine Passkeys und seine Sitzungen werden endgültig gelöscht. Das lässt sich nicht rückgängig machen.",
    typeName: (username) => `Geben Sie zur Bestätigung ${username} ein`,
    mismatch: (username) => `Bitte geben Sie ${username} ein, genau wie es hier steht.`,
    confirm: "Endgültig löschen",
    done: "Ihr Konto ist gelöscht.",
  },

  reauthentication: {
    heading: "Sind Sie es?",
    lead: "Bitte bestätigen Sie, dass wirklich Sie es sind. Danach geht es automatisch weiter.",
    withPasskey: "Passkey verwenden",
    submit: "Bestätigen",
    impossible:
      "Dafür brauchen Sie einen Ihrer Passkeys, und Passkeys funktionieren hier nicht. Versuchen Sie es in einem anderen Browser oder an der gewohnten Adresse dieser Website.",
    notProved: "Sie haben nicht bestätigt, dass Sie es sind. Darum wurde nichts geändert.",
  },

  start: {
    offline: "Keine Verbindung",
    unavailable: "Einen Moment bitte",
    failed: "Etwas ist schiefgegangen",
    wrongAddress: "Diese Website hat eine andere Adresse",
    wrongAddressLead:
      "Zu Ihrer Sicherheit gelten Passwörter und Passkeys nur an einer Adresse. Bitte öffnen Sie diese:",
  },

  signedOut: {
    here: "Sie sind abgemeldet.",
    "other-tab": "Sie wurden in einem anderen Tab abgemeldet.",
    ended:
      "Sie wurden abgemeldet, weil diese Sitzung zu Ende ist: Sie war zu alt, oder sie wurde von einem anderen Gerät oder durch ein neues Passwort beendet.",
  },

  times: {
    justNow: "gerade eben",
    waitSeconds: (seconds) =>
      seconds === 1
        ? "In 1 Sekunde können Sie es erneut versuchen."
        : `In ${seconds} Sekunden können Sie es erneut versuchen.`,
    waitMinutes: (minutes) =>
      minutes === 1
        ? "In 1 Minute können Sie es erneut versuchen."
        : `In etwa ${minutes} Minuten können Sie es erneut versuchen.`,
    over: "Sie können es jetzt erneut versuchen.",
  },

  problems: {
    usernameRequired: "Bitte geben Sie Ihren Benutzernamen ein.",
    passwordRequired: "Bitte geben Sie Ihr Passwort ein.",
    newPasswordRequired: "Bitte wählen Sie ein Passwort.",
    codeRequired: "Bitte geben Sie einen Ihrer Wiederherstellungscodes ein.",
    codeTooLong: "Das ist für einen Wiederherstellungscode zu lang.",
    nameRequired: "Bitte geben Sie einen Namen ein.",
    usernameTooLong:
      "Dieser Benutzername ist zu lang. Höchstens 64 Zeichen sind möglich, bei einer E-Mail-Adresse 254.",
    usernameCharacters:
      "Manche Zeichen sind in einem Benutzernamen nicht erlaubt, etwa Leerzeichen oder Buchstaben oder Ziffern aus verschiedenen Schriften.",
    usernameTaken:
      "Dieser Benutzername oder einer, der genauso aussieht, ist vergeben. Wählen Sie einen anderen, oder melden Sie sich an, wenn es Ihrer ist.",
    passwordTooShort: (bounds) =>
      `Dieses Passwort ist zu kurz. Es braucht mindestens ${bounds.minLength} Zeichen; ein paar Wörter hintereinander sind gut.`,
    passwordTooLong: (bounds) =>
      `Dieses Passwort ist zu lang. Höchstens ${bounds.maxLength} Zeichen sind möglich.`,
    passwordCharacters:
      "Dieses Passwort enthält ein Zeichen, das sich nicht auf jedem Gerät eingeben lässt, etwa einen Tabulator.",
    passwordGuessable:
      "Dieses Passwort ist zu leicht zu erraten. Meiden Sie häufige Passwörter, Ihren Benutzernamen und den Namen dieser Website; ein paar Wörter ohne Zusammenhang sind besser.",
    passwordWrong: "Dieses Passwort stimmt nicht.",
    nameTooLong: "Dieser Name ist zu lang. Höchstens 64 Zeichen sind möglich.",
    nameCharacters: "Manche Zeichen sind in einem Namen nicht erlaubt.",
    other: "Das geht so nicht. Bitte versuchen Sie etwas anderes.",
  },

  failures: {
    cancelled:
      "Der Passkey-Dialog wurde geschlossen, und nichts hat sich geändert. Versuchen Sie es gern noch einmal.",
    "already-registered":
      "Auf diesem Gerät oder Sicherheitsschlüssel liegt schon ein Passkey Ihres Kontos. Sie können sich damit anmelden.",
    "no-passkey":
      "Kein Passkey hier gehört zu einem Konto auf dieser Website. Vielleicht wurde er entfernt. Verwenden Sie einen anderen Passkey oder Ihr Passwort.",
    refused:
      "Dieser Passkey wurde nicht angenommen. Versuchen Sie es noch einmal, oder verwenden Sie einen anderen oder Ihr Passwort.",
    unverified:
      "Dieser Sicherheitsschlüssel kann nicht prüfen, ob Sie es sind. Legen Sie in den Einstellungen Ihres Browsers oder Computers eine PIN für ihn fest, oder verwenden Sie einen anderen Passkey oder Ihr Passwort.",
    unsupported:
      "Dieser Browser oder dieses Gerät kann das mit Passkeys nicht. Verwenden Sie Ihr Passwort, oder versuchen Sie einen anderen Browser.",
    insecure:
      "Passkeys funktionieren nicht an dieser Adresse. Öffnen Sie die Website an ihrer gewohnten Adresse, die mit https beginnt.",
    busy: "Ihr Browser zeigt noch einen anderen Passkey-Dialog, vielleicht in einem anderen Tab. Schließen Sie ihn und versuchen Sie es noch einmal.",
    denied: "Der Benutzername oder das Passwort stimmt nicht.",
    disabled:
      "Dieses Konto ist deaktiviert, und niemand kann sich damit anmelden. Fragen Sie die Betreiber dieser Website.",
    suspended:
      "Dieser Passkey ist ausgesetzt. Verwenden Sie einen anderen oder Ihr Passwort, oder fragen Sie die Betreiber dieser Website.",
    closed:
      "Hier können keine Konten erstellt werden. Bitten Sie die Betreiber dieser Website um eines.",
    "not-invited":
      "Diese Einladung gilt nicht: Sie wurde benutzt oder zurückgezogen oder ist abgelaufen. Bitten Sie die Betreiber dieser Website um eine neue.",
    "wrong-code":
      "Der Benutzername oder der Wiederherstellungscode stimmt nicht. Jeder Code gilt einmal.",
    "wrong-link":
      "Dieser Link gilt nicht: Er wurde benutzt oder zurückgezogen oder ist abgelaufen. Bitten Sie die Betreiber dieser Website um einen neuen.",
    taken: "Dieser Benutzername ist vergeben.",
    expired: "Das hat etwas zu lange gedauert. Bitte versuchen Sie es noch einmal.",
    locked:
      "Das Passwort ist nach zu vielen Fehlversuchen gesperrt. Verwenden Sie einen Passkey, melden Sie sich neu an, falls Sie angemeldet waren, oder bitten Sie die Betreiber dieser Website, es zu entsperren.",
    "signed-out": "Sie sind abgemeldet. Bitte melden Sie sich wieder an.",
    "reauthentication-required": "Bitte bestätigen Sie zuerst, dass Sie es sind.",
    "last-way-in":
      "Das ist der einzige Zugang zu Ihrem Konto und kann darum nicht entfernt werden. Fügen Sie vorher einen Passkey hinzu oder legen Sie ein Passwort fest.",
    "too-many-passkeys":
      "Ihr Konto hat schon die höchste Zahl von Passkeys. Entfernen Sie einen, den Sie nicht mehr benutzen.",
    "not-found": "Das gibt es nicht mehr. Die Liste ist wieder aktuell.",
    "foreign-origin": "Von dieser Adresse aus ist keine Anmeldung möglich.",
    offline:
      "Der Server antwortet nicht. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
    failed: "Etwas ist schiefgegangen. Es lag nicht an Ihnen. Bitte versuchen Sie es noch einmal.",
    invalid: "Etwas stimmt noch nicht. Bitte sehen Sie sich die markierten Felder an.",
    throttled: "Zu viele Versuche. Bitte warten Sie einen Moment.",
    unavailable: "Der Server ist beschäftigt. Bitte warten Sie einen Moment.",
  },
  requestId: (id) =>
    `Falls es noch einmal vorkommt, sagen Sie den Betreibern dieser Website: ${id}`,
};
