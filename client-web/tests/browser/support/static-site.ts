import { createServer, type Server as HttpServer } from "node:http";
import { inject } from "vitest";
import { freePorts } from "./ports.js";

/** The blank page: the headless client and nothing else, without a Content-Security-Policy. */
export function blankPage(): string {
  // Inside a script element, the parser recognises only the end tag.
  const script = inject("headlessClient").replaceAll("</script", "<\\/script");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Blank</title>
<input aria-label="Username" autocomplete="username webauthn"><script>${script}</script></html>`;
}

/** Another web site: another origin, because origins differ by port, but the same site. */
export class StaticSite {
  readonly origin: string;
  readonly #listener: HttpServer;

  private constructor(port: number, listener: HttpServer) {
    this.origin = `http://localhost:${port}`;
    this.#listener = listener;
  }

  /** Serves the blank page under every path. */
  static async start(port?: number): Promise<StaticSite> {
    const body = blankPage();
    const listener = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(body);
    });
    const [free = 0] = port === undefined ? await freePorts(1) : [port];
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject).listen(free, "127.0.0.1", resolve);
    });
    return new StaticSite(free, listener);
  }

  async stop(): Promise<void> {
    this.#listener.closeAllConnections();
    await new Promise((done) => this.#listener.close(done));
  }
}
