/** Clients without an account, with an API key, or with a session. */
import createClient, { type Client, type Middleware } from "openapi-fetch";
import { idempotent } from "./idempotent.js";
import { ok, throwErrors } from "./responses.js";
import { type Fetch, withRetries } from "./retries.js";
import type { paths, Tokens } from "./schema.js";
import { Session } from "./session.js";

export type Api = Client<paths>;

export interface Options {
  /** Seconds until a call makes no further attempt; a minute by default. */
  retryTimeout?: number;
}

/** Return a client without an account; `url` is the URL of the API, such as `https://shop.example/v1`. */
export function connect(url: string, options: Options = {}): Api {
  return createApi(url, withRetries(options.retryTimeout));
}

/** Return a client with an API key. */
export function connectWithKey(url: string, key: string, options: Options = {}): Api {
  const send = withRetries(options.retryTimeout);
  return createApi(url, (request) => {
    request.headers.set("X-API-Key", key);
    return send(request);
  });
}

/** Return a client with a new session; its tokens are renewed automatically. Throws `refusals.InvalidCredentials`. */
export async function signIn(url: string, email: string, password: string, options: Options = {}): Promise<Api> {
  const tokens = await ok(connect(url, options).POST("/tokens", { body: { email, password } }));
  return resume(url, tokens, options);
}

/** Return a client for an existing session; `keep` is called with the tokens after each renewal. */
export function resume(
  url: string,
  tokens: Tokens,
  options: Options & { keep?: (tokens: Tokens) => void } = {},
): Api {
  return createApi(url, new Session(url, tokens, withRetries(options.retryTimeout), options.keep).fetch);
}

function createApi(url: string, fetch: Fetch): Api {
  const api = createClient<paths>({ baseUrl: url, fetch });
  api.use(addIdempotencyKey, throwErrors);
  return api;
}

/** Add a key to every request of an idempotent operation that has none. */
const addIdempotencyKey: Middleware = {
  onRequest({ request, schemaPath }) {
    if (idempotent.has(`${request.method} ${schemaPath}`) && !request.headers.has("Idempotency-Key"))
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    return request;
  },
};
