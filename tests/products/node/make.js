// What Auth0 and Firebase export, with hashes by the library that Auth0 hashes with (npm's bcrypt) and by the one
// that Firebase's documentation names for its own.

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import bcrypt from "bcrypt";
import { FirebaseScrypt } from "firebase-scrypt";

const here = new URL("../", import.meta.url);
const passwords = JSON.parse(readFileSync(new URL("passwords.json", here), "utf8"));
const write = (name, text) => writeFileSync(new URL(name, here), text);
const lines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const people = ["a0-bcrypt@example.com", "a0-long@example.com"].map((email, index) => ({
  email,
  id: `60425dc43519d90068f8297${index}`,
}));
const hashes = await Promise.all(
  people.map(async ({ email, id }) => ({
    _id: { $oid: id },
    email_verified: false,
    email,
    passwordHash: await bcrypt.hash(passwords[email], 10),
    password_set_date: { $date: "2021-03-05T16:35:16.775Z" },
    tenant: "example",
    connection: "Username-Password-Authentication",
    _tmp_is_unique: true,
  })),
);
const users = people.map(({ email, id }) => ({
  user_id: `auth0|${id}`,
  email,
  email_verified: true,
  name: email,
  created_at: "2021-03-05T16:35:16.775Z",
  identities: [{ user_id: id, provider: "auth0", connection: "Username-Password-Authentication", isSocial: false }],
}));
users[0].name = "Ada Example";
users[1].blocked = false;
users[1].identities.push({ user_id: "1", provider: "google-oauth2", connection: "google-oauth2", isSocial: true });
write("auth0.jsonl", lines(hashes) + lines(users));

const signerKey = randomBytes(64).toString("base64");
const scrypt = new FirebaseScrypt({ memCost: 14, rounds: 8, saltSeparator: "Bw==", signerKey });
write(
  "firebase-hash-config.txt",
  `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: ${signerKey},
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
`,
);
const account = async (localId, name, fields) => {
  const salt = randomBytes(10).toString("base64");
  const passwordHash = await scrypt.hash(passwords[name], salt);
  return { localId, ...fields, passwordHash, salt, createdAt: "1508893925000", lastSignedInAt: "1508893925000" };
};
const accounts = [
  await account("kYi4EvWQlQTKSfnJ3dRSP6IH3ed2", "fb-scrypt@example.com", {
    email: "fb-scrypt@example.com",
    emailVerified: false,
    displayName: "Test User 1",
    disabled: false,
    providerUserInfo: [{ providerId: "google.com", rawId: "1", email: "fb-scrypt@example.com" }],
  }),
  await account("zYi4EvWQlQTKSfnJ3dRSP6IH3ed2", "+4915112345678", {
    phoneNumber: "+4915112345678",
    providerUserInfo: [],
  }),
];
write("firebase.json", `${JSON.stringify({ users: accounts }, null, 2)}\n`);
