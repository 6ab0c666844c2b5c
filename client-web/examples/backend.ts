import { createClaviger } from "@claviger/web";

const claviger = createClaviger({ baseUrl: "https://login.example.com" });

export async function listOrders(): Promise<unknown> {
  const token = await claviger.accessToken({ audience: "backend" });
  if (!token.ok) return [];
  const headers = { authorization: `Bearer ${token.value}` };
  return (await fetch("/orders", { headers })).json();
}
