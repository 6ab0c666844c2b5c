import { createServer } from "node:net";

/** Finds as many different unused ports as requested. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(listeners.map(listenAnywhere));
  await Promise.all(listeners.map((it) => new Promise((done) => it.close(done))));
  return ports;
}

function listenAnywhere(listener: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
