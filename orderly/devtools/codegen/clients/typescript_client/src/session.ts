/** A session with automatic renewal of its tokens, once for concurrent calls. */
import createClient from "openapi-fetch";
import { ApiError } from "./errors.js";
import { ok, throwErrors } from "./responses.js";
import { type Fetch, withRetries } from "./retries.js";
import type { paths, Tokens } from "./schema.js";

/** Seconds for retries of a renewal: after 10, a repeated refresh token ends the session. */
const RENEWAL_TIMEOUT = 8;
/** Milliseconds of one attempt, so that time remains for another. */
const ATTEMPT_TIMEOUT = 4_000;

export class Session {
  private renewal: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private tokens: Tokens,
    private readonly send: Fetch,
    private readonly keep: (tokens: Tokens) => void = () => {},
  ) {}

  /** Send a request; after an expired token, renew it once for all calls and repeat. */
  readonly fetch: Fetch = async (request) => {
    const token = this.tokens.access_token;
    const response = await this.send(this.signed(request));
    if (!isExpired(response)) return response;
    if (this.tokens.access_token === token) await (this.renewal ??= this.renew());
    return this.send(this.signed(request));
  };

  private signed(request: Request): Request {
    const signed = request.clone();
    signed.headers.set("Authorization", `Bearer ${this.tokens.access_token}`);
    return signed;
  }

  /** Renew the tokens. An ended session stays ended; after other errors the next call tries again. */
  private async renew(): Promise<void> {
    const api = createClient<paths>({ baseUrl: this.url, fetch: withRetries(RENEWAL_TIMEOUT, true, ATTEMPT_TIMEOUT) });
    api.use(throwErrors);
    const { refresh_token } = this.tokens;
    try {
      this.tokens = await ok(api.POST("/tokens/refresh", { body: { refresh_token } }));
      this.keep(this.tokens);
    } catch (error) {
      if (error instanceof ApiError && error.response.status === 401) throw error;
      this.renewal = undefined;
      throw error;
    }
    this.renewal = undefined;
  }
}

/** Return whether the token was rejected (RFC 6750, 3.1), not a password in the body. */
function isExpired(response: Response): boolean {
  const challenge = response.headers.get("WWW-Authenticate") ?? "";
  return response.status === 401 && challenge.includes('error="invalid_token"');
}
