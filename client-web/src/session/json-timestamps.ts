import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

/**
 * Lets `JSON.stringify` write a message: its timestamps as in ISO 8601. It would throw at their
 * seconds, which are a `bigint`. The method is not enumerable, so that copies are made without it.
 */
export function withJsonTimestamps<T>(message: T): T {
  if (typeof message === "object" && message && !ArrayBuffer.isView(message)) {
    if ("seconds" in message) Object.defineProperty(message, "toJSON", { value: toJson });
    for (const field of Object.values(message)) withJsonTimestamps(field);
  }
  return message;
}

function toJson(this: Timestamp): string {
  return timestampDate(this).toJSON();
}
