/** Retries of safe requests, with backoff, jitter and `Retry-After`. */
import pRetry from "p-retry";

export type Fetch = (request: Request) => Promise<Response>;

/** Seconds until a call makes no further attempt. */
const RETRY_TIMEOUT = 60;
/** Milliseconds until a single attempt times out. */
const TIMEOUT = 10_000;
/** Methods to retry (RFC 9110, 9.2.2). `PUT` is missing: the old password of a change works only once. */
const IDEMPOTENT_METHODS = new Set(["GET", "HEAD", "OPTIONS", "DELETE"]);
/** Statuses of transient errors. */
const TRANSIENT_STATUSES = new Set([429, 502, 503, 504]);
/** Milliseconds of the first pause, which doubles, and of the longest one. */
const BACKOFF = { minTimeout: 50, maxTimeout: 10_000, randomize: true, retries: Infinity };

/** A transient error with its response. */
class TransientError extends Error {
  constructor(readonly response: Response) {
    super(`${response.status}`);
  }
}

/** Return a fetch function with retries of safe requests, and of every request after a 429, which had no effect.
 *
 * Safe requests have an idempotent method or an Idempotency-Key, which stays the same. With `safe`, all requests are.
 */
export function withRetries(retryTimeout = RETRY_TIMEOUT, safe = false, timeout = TIMEOUT): Fetch {
  return async (request) => {
    const isSafe = safe || IDEMPOTENT_METHODS.has(request.method) || request.headers.has("Idempotency-Key");
    const end = Date.now() + retryTimeout * 1000;
    const attempt = () => send(request, isSafe, timeout);
    return pRetry(attempt, {
      ...BACKOFF,
      signal: request.signal,
      maxRetryTime: retryTimeout * 1000,
      shouldRetry: ({ error }) => error instanceof TransientError || isSafe,
      onFailedAttempt: ({ error }) => waitBeforeRetry(error, end, request.signal),
    }).catch((error: unknown) => {
      if (error instanceof TransientError) return error.response;
      throw error;
    });
  };
}

/** Make one attempt and read the body: an incomplete one counts as a lost response. */
async function send(request: Request, isSafe: boolean, timeout: number): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]);
  const response = await fetch(new Request(request.clone(), { signal }));
  const body = await response.arrayBuffer();
  const isEmpty = [204, 205, 304].includes(response.status);
  const whole = new Response(isEmpty ? null : body, response);
  Object.defineProperty(whole, "url", { value: response.url });
  if (response.status === 429 || (isSafe && (await isTransient(whole)))) throw new TransientError(whole);
  return whole;
}

/** Return whether the error is transient, or the first request with the same key is in progress. */
async function isTransient(response: Response): Promise<boolean> {
  if (TRANSIENT_STATUSES.has(response.status)) return true;
  return response.status === 409 && (await response.clone().text()).includes('"idempotency_key_in_flight"');
}

/** Wait for the time in `Retry-After` (RFC 9110, 10.2.3); throw now if the time would be up before. */
async function waitBeforeRetry(error: Error, end: number, signal: AbortSignal): Promise<void> {
  if (!(error instanceof TransientError)) return;
  const wait = retryAfter(error.response);
  if (Date.now() + wait > end) throw error;
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  signal.throwIfAborted();
}

/** Return the milliseconds of `Retry-After`, a number of seconds or a date. */
function retryAfter(response: Response): number {
  const value = response.headers.get("Retry-After") ?? "0";
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.max(0, wait || 0);
}
