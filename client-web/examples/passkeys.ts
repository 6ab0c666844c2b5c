import { createClaviger } from "@claviger/web";

const claviger = createClaviger();

// Once per page load: is somebody signed in? Works across reloads, and knows of other tabs.
await claviger.restore();
claviger.subscribe(({ kind }) => {
  document.title = kind;
});

if (claviger.state.kind !== "signed-in") {
  // Passkeys in the autofill of <input autocomplete="username webauthn">. Goes on by itself until
  // somebody signs in, also with a password.
  void claviger.signInWithPasskey({ autofill: true });
}

// Behind buttons: any passkey, the passkeys of a name, a new passkey.
await claviger.signInWithPasskey();
await claviger.signInWithPasskey({ username: "anna" });
await claviger.passkeys.add({ name: "Blue key" });
