import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Page, Route } from "playwright-core";
import {
  StartAuthenticationResponseSchema,
  StartRegistrationResponseSchema,
} from "../../../src/gen/claviger/v1/passkey_service_pb.js";

const schemas = {
  StartAuthentication: StartAuthenticationResponseSchema,
  StartRegistration: StartRegistrationResponseSchema,
} as const;

/**
 * Limits the timeout of later passkey dialogs to a number of milliseconds.
 *
 * The server's five minutes cannot be configured, so its response is changed on the way. The browser
 * then closes the dialog, as it would after five minutes.
 */
export async function shortenCeremonies(page: Page, milliseconds: number): Promise<void> {
  for (const rpc of ["StartAuthentication", "StartRegistration"] as const) {
    await page.route(`**/claviger.v1.PasskeyService/${rpc}`, async (route) => {
      await answerShortened(route, rpc, milliseconds);
    });
  }
}

async function answerShortened(
  route: Route,
  rpc: keyof typeof schemas,
  milliseconds: number,
): Promise<void> {
  const response = await route.fetch();
  const frames = await response.body();
  // A gRPC-web frame: a byte of flags, four bytes of length, the message. Trailers follow.
  const end = 5 + frames.readUInt32BE(1);
  const message = fromBinary(schemas[rpc], frames.subarray(5, end));
  if (message.options !== undefined) {
    message.options.timeout = durationFromMs(milliseconds);
  }
  const changed = toBinary(schemas[rpc], create(schemas[rpc], message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(changed.length, 1);
  const body = Buffer.concat([head, changed, frames.subarray(end)]);
  await route.fulfill({ response, body });
}
