import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { html, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { fullTime, milliseconds, relativeTime } from "../format/times.js";

/** Renders a relative time, such as "yesterday", with the full time as a tooltip. */
export function timeAgo({ state, texts }: Context, time: Timestamp): TemplateResult {
  const at = milliseconds(time);
  return html`<time datetime=${new Date(at).toISOString()} title=${fullTime(at, texts)}
    >${relativeTime(at, state.now, texts)}</time
  >`;
}
