import { createClaviger } from "@claviger/web";

const claviger = createClaviger();

// After each sign-in and sign-out here or in another tab, and when restore() has found out.
claviger.subscribe(({ kind }) => {
  document.title = kind;
});

// Once per page load: restores the session, across reloads and from other tabs.
await claviger.restore();

if (claviger.state.kind !== "signed-in") {
  // Offers passkeys in the autofill of <input autocomplete="username webauthn"> until a user signs
  // in, with a passkey or a password.
  void claviger.signInWithPasskey({ autofill: true });
}

// Behind buttons: any passkey, a passkey of a username, a new account without a password, a new passkey.
await claviger.signInWithPasskey();
await claviger.signInWithPasskey({ username: "anna" });
await claviger.passkeys.signUp({ username: "anna" });
await claviger.passkeys.add({ name: "Blue key" });
