import { ActivityActor, createClaviger } from "@claviger/web";

const claviger = createClaviger();

/** The times of the last refused sign-ins, from the newest 100 events. */
export async function refusedSignIns(): Promise<Date[]> {
  const page = await claviger.account.activity({ pageSize: 100 });
  if (!page.ok) return [];
  const refused = page.value.activity.filter((it) => it.kind === "sign_in" && it.refused);
  return refused.map((it) => new Date(Number(it.occurTime?.seconds) * 1000));
}

/** All that operators did to the account, newest first. */
export async function actsOfOperators(): Promise<string[]> {
  const kinds: string[] = [];
  let pageToken = "";
  do {
    const page = await claviger.account.activity({ pageToken });
    if (!page.ok) break;
    const acts = page.value.activity.filter((it) => it.actor === ActivityActor.OPERATOR);
    kinds.push(...acts.map((it) => it.kind));
    pageToken = page.value.nextPageToken;
  } while (pageToken);
  return kinds;
}
