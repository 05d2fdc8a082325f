/** The ways to begin: without an account, with a key, by signing in, or with tokens that were kept. */
import createClient, { type Client, type Middleware } from "openapi-fetch";
import { keyed } from "./keyed.js";
import { ok, raising } from "./responses.js";
import { type Fetch, repeating } from "./retries.js";
import type { paths, Tokens } from "./schema.js";
import { Session } from "./session.js";

export type Api = Client<paths>;

export interface Options {
  /** Seconds after which a call gives up; a minute if not given. */
  patience?: number;
}

/** A client of nobody in particular, for signing up and for the catalogue; `url` is such as `https://shop.example/v1`. */
export function connect(url: string, options: Options = {}): Api {
  return make(url, repeating(options.patience));
}

/** A client that sends an API key. */
export function connectWithKey(url: string, key: string, options: Options = {}): Api {
  const again = repeating(options.patience);
  return make(url, (request) => {
    request.headers.set("X-API-Key", key);
    return again(request);
  });
}

/** A client with a new session, which renews its tokens by itself. Throws `refusals.InvalidCredentials`. */
export async function signIn(url: string, email: string, password: string, options: Options = {}): Promise<Api> {
  const tokens = await ok(connect(url, options).POST("/tokens", { body: { email, password } }));
  return resume(url, tokens, options);
}

/** A client of a session that has begun before; `keep` is told the newest tokens whenever there are new ones. */
export function resume(
  url: string,
  tokens: Tokens,
  options: Options & { keep?: (tokens: Tokens) => void } = {},
): Api {
  return make(url, new Session(url, tokens, repeating(options.patience), options.keep).fetch);
}

function make(url: string, fetch: Fetch): Api {
  const api = createClient<paths>({ baseUrl: url, fetch });
  api.use(withKey, raising);
  return api;
}

/** Gives every request a key whose operation takes one and whose caller did not. */
const withKey: Middleware = {
  onRequest({ request, schemaPath }) {
    if (keyed.has(`${request.method} ${schemaPath}`) && !request.headers.has("Idempotency-Key"))
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    return request;
  },
};
