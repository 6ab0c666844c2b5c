import { createClaviger } from "@claviger/web";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

const transport = createGrpcWebTransport({
  baseUrl: "https://login.example.com",
  interceptors: [
    (next) => async (request) => {
      request.header.set("x-request-id", crypto.randomUUID());
      return next(request);
    },
  ],
});

export const claviger = createClaviger({ transport, tokenStorage: "memory" });
