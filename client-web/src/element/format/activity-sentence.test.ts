import { readFileSync } from "node:fs";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ActivityActor,
  ActivitySchema,
  PasskeySchema,
  SignInMethod,
} from "../../gen/claviger/v1/resources_pb.js";
import { de } from "../languages/de.js";
import { en, type Texts } from "../languages/en.js";
import { activitySentence } from "./activity-sentence.js";

const laptop = create(PasskeySchema, { id: "laptop", name: "Laptop" });
const { OPERATOR } = ActivityActor;
const { PASSKEY, PASSWORD } = SignInMethod;

/** The kinds that are never of an account, so that no person sees them. */
const OF_NO_ACCOUNT = [
  "accounts_exported",
  "token_revoked",
  "signing_key_created",
  "signing_key_revoked",
  "keys_abandoned",
  "service_account_created",
  "service_account_key_created",
  "service_account_deleted",
  "schema_migrated",
  "database_backed_up",
  "database_restored",
  "database_copied",
  "record_exported",
  "record_key_created",
  "refusals_not_recorded",
];

/** The kinds in the table of the documentation, which a test of the server compares with its own. */
function documentedKinds(): string[] {
  const document = readFileSync("../docs/audit.md", "utf8");
  const table = document.slice(document.indexOf("## Kinds"), document.indexOf("## Commands"));
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind = ""]) => kind);
}

function sentence(event: MessageInitShape<typeof ActivitySchema>, texts: Texts = en): string {
  return activitySentence(create(ActivitySchema, event), [laptop], texts);
}

test.each([en, de])(
  "every documented kind has a sentence in $language, or is of no account",
  (texts) => {
    const { other } = texts.activity;

    const kinds = documentedKinds();
    const silent = kinds.filter((kind) =>
      [false, true].every((refused) => sentence({ kind, refused }, texts) === other),
    );

    expect(kinds.length).toBeGreaterThan(20);
    expect(silent).toEqual(OF_NO_ACCOUNT);
  },
);

test.each([en, de])("every sentence in $language is of a documented kind", (texts) => {
  const { done, operator, refusals } = texts.activity;
  const kinds = documentedKinds();

  const described = [done, operator, refusals].flatMap((sentences) => Object.keys(sentences));

  expect(described.filter((kind) => !kinds.includes(kind))).toEqual([]);
});

test.each<[MessageInitShape<typeof ActivitySchema>, string, string]>([
  [{ kind: "sign_in", method: PASSWORD }, "Signed in with a password", "Angemeldet mit Passwort"],
  [
    { kind: "sign_in", method: PASSKEY, target: "laptop" },
    "Signed in with the passkey “Laptop”",
    "Angemeldet mit dem Passkey „Laptop“",
  ],
  [
    { kind: "sign_in", method: PASSKEY, target: "removed since" },
    "Signed in with a passkey",
    "Angemeldet mit Passkey",
  ],
  [{ kind: "sign_in", method: 99 as SignInMethod }, "Signed in", "Angemeldet"],
  [
    { kind: "sign_in", method: PASSWORD, refused: true, reason: "INVALID_CREDENTIALS" },
    "Someone tried to sign in with a wrong password",
    "Jemand hat versucht, sich mit einem falschen Passwort anzumelden",
  ],
  [
    { kind: "sign_in", refused: true, reason: "PASSKEY_REFUSED" },
    "Someone tried to sign in with a passkey",
    "Jemand hat versucht, sich mit Passkey anzumelden",
  ],
  [
    { kind: "sign_in", refused: true, reason: "A_LATER_REASON" },
    "Someone tried to sign in",
    "Jemand hat versucht, sich anzumelden",
  ],
  [
    { kind: "passkey_clone_suspected", refused: true, target: "laptop" },
    "Someone tried to sign in with what looks like a copy of the passkey “Laptop”",
    "Jemand hat versucht, sich mit einer möglichen Kopie anzumelden: Passkey „Laptop“",
  ],
  [
    { kind: "passkey_added", target: "laptop" },
    "Added the passkey “Laptop”",
    "Hinzugefügt: Passkey „Laptop“",
  ],
  [{ kind: "passkey_removed", target: "old" }, "Removed a passkey", "Entfernt: Passkey"],
  [{ kind: "session_ended", reason: "logout" }, "Signed out", "Abgemeldet"],
  [{ kind: "session_ended", reason: "revoked" }, "Signed out a device", "Ein Gerät abgemeldet"],
])("%o is described as %j", (event, english, german) => {
  expect([sentence(event), sentence(event, de)]).toEqual([english, german]);
});

test("what an operator did is described as such", () => {
  const kinds = ["session_ended", "password_removed", "a_later_kind"];

  const described = kinds.map((kind) => sentence({ kind, reason: "logout", actor: OPERATOR }));

  expect(described).toEqual([
    "The operator signed out one of your devices",
    "The operator: Removed the password",
    en.activity.operatorOther,
  ]);
});

test.each(["a_later_kind", "constructor", ""])(
  "the unknown kind %j is described neutrally",
  (kind) => {
    const all = [false, true].map((refused) => sentence({ kind, refused }));

    expect(all).toEqual([en.activity.other, en.activity.other]);
  },
);

test("a refusal is never described as if it had succeeded", () => {
  expect(sentence({ kind: "passkey_removed", refused: true })).toBe(en.activity.other);
});
