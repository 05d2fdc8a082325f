/** A session: the tokens of somebody who is signed in, renewed once however many calls find them expired. */
import createClient from "openapi-fetch";
import { Refused } from "./errors.js";
import { ok, raising } from "./responses.js";
import { type Fetch, repeating } from "./retries.js";
import type { paths, Tokens } from "./schema.js";

/** Seconds in which a renewal is repeated: the service takes a refresh token again for 10, then it ends the session. */
const RENEWAL_PATIENCE = 8;
/** Milliseconds of one attempt, so that there is time for another. */
const RENEWAL_TIMEOUT = 4_000;

export class Session {
  private renewal: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private tokens: Tokens,
    private readonly send: Fetch,
    private readonly keep: (tokens: Tokens) => void = () => {},
  ) {}

  /** Send it; when the token is spent, renew it unless another call is doing so or just did, and send it again. */
  readonly fetch: Fetch = async (request) => {
    const spent = this.tokens.access_token;
    const response = await this.send(this.signed(request));
    if (!isSpent(response)) return response;
    if (this.tokens.access_token === spent) await (this.renewal ??= this.renew());
    return this.send(this.signed(request));
  };

  private signed(request: Request): Request {
    const signed = request.clone();
    signed.headers.set("Authorization", `Bearer ${this.tokens.access_token}`);
    return signed;
  }

  /** A session that has ended stays so; after other troubles the next call tries again. */
  private async renew(): Promise<void> {
    const api = createClient<paths>({ baseUrl: this.url, fetch: repeating(RENEWAL_PATIENCE, true, RENEWAL_TIMEOUT) });
    api.use(raising);
    const { refresh_token } = this.tokens;
    try {
      this.tokens = await ok(api.POST("/tokens/refresh", { body: { refresh_token } }));
      this.keep(this.tokens);
    } catch (error) {
      if (error instanceof Refused && error.response.status === 401) throw error;
      this.renewal = undefined;
      throw error;
    }
    this.renewal = undefined;
  }
}

/** Whether the token is refused (RFC 6750, 3.1), and not a password that came with it. */
function isSpent(response: Response): boolean {
  const told = response.headers.get("WWW-Authenticate") ?? "";
  return response.status === 401 && told.includes('error="invalid_token"');
}
