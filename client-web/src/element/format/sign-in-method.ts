import { SignInMethod } from "../../gen/claviger/v1/resources_pb.js";
import type { Texts } from "../languages/en.js";

/** A sign-in method by its name in the contract. */
type MethodName = Exclude<keyof typeof SignInMethod, "UNSPECIFIED">;

/** The text for each sign-in method. A new method that is missing here does not compile. */
const METHOD_TEXTS: Record<MethodName, (texts: Texts) => string> = {
  PASSWORD: (texts) => texts.sessions.methods.password,
  PASSKEY: (texts) => texts.sessions.methods.passkey,
};

/** How a session was opened. `undefined` for a method that is newer than this client. */
export function signInMethodText(method: SignInMethod, texts: Texts): string | undefined {
  const names = Object.keys(METHOD_TEXTS) as MethodName[];
  const name = names.find((name) => SignInMethod[name] === method);
  return name && METHOD_TEXTS[name](texts);
}
