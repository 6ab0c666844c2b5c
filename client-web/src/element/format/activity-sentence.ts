import type { Activity } from "../../account/activity.js";
import { ActivityActor, type Passkey } from "../../gen/claviger/v1/resources_pb.js";
import type { Texts } from "../languages/en.js";
import type { Sentence } from "../languages/en-activity.js";
import { signInMethodText } from "../sign-in-methods.js";

/** The kinds whose target is a passkey that the sentence is about. */
const OF_PASSKEYS = /^passkey_/;

/** What happened, as a sentence. `passkeys` are those of the account now, for their names. */
export function activitySentence(
  event: Activity,
  passkeys: readonly Passkey[],
  texts: Texts,
): string {
  const { done, ends, operator, operatorDid, operatorOther, other, refusals } = texts.activity;
  const name = passkeys.find(({ id }) => id === event.target)?.name;
  const about = OF_PASSKEYS.test(event.kind)
    ? ` ${name ? texts.activity.passkey(name) : texts.activity.anyPasskey}`
    : how(event, name, texts);
  const say = (sentences: Record<string, Sentence>, key: string = event.kind) => {
    // The kind can be any text, also the name of a property that every object has.
    const sentence = Object.hasOwn(sentences, key) ? sentences[key] : undefined;
    return typeof sentence === "function" ? sentence(about) : sentence;
  };
  if (event.actor === ActivityActor.OPERATOR) {
    if (event.refused) return operatorOther;
    const sentence = say(done);
    return say(operator) ?? (sentence ? operatorDid(sentence) : operatorOther);
  }
  if (event.refused) return say(refusals) ?? other;
  return (event.kind === "session_ended" && say(ends, event.reason)) || (say(done) ?? other);
}

/** How a person signed in, reauthenticated or tried to. */
function how(event: Activity, passkey: string | undefined, texts: Texts): string {
  const { withPasskey, withWrongPassword } = texts.activity;
  if (event.reason === "INVALID_CREDENTIALS") return ` ${withWrongPassword}`;
  if (passkey) return ` ${withPasskey(passkey)}`;
  // A refused passkey may be of no account, and then no method is on record.
  if (event.reason.startsWith("PASSKEY_")) return ` ${texts.sessions.methods.PASSKEY}`;
  const method = signInMethodText(event.method, texts);
  return method ? ` ${method}` : "";
}
