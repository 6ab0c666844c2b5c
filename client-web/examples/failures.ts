import { createClaviger, type Failure } from "@claviger/web";

const claviger = createClaviger();

const describe = (failure: Failure): string => {
  switch (failure.kind) {
    case "cancelled":
      return "";
    case "invalid":
      return failure.fields.map(({ field, reason }) => `${field}: ${reason}`).join(", ");
    case "throttled":
    case "unavailable":
      return `Try again in ${failure.seconds} seconds.`;
    case "reauthentication-required":
      return "Please confirm that it is you.";
    default:
      return `That did not work (${failure.kind}).`;
  }
};

const removal = await claviger.passkeys.remove("01a202b5-29b3-7eb9-b0aa-ab8adf5a8fb5");
if (!removal.ok) document.body.append(describe(removal.failure));
