/** Requests that are sent again when that is safe: with backoff and jitter, and never sooner than `Retry-After` says. */
import pRetry from "p-retry";

export type Fetch = (request: Request) => Promise<Response>;

/** Seconds after which a call gives up. */
const PATIENCE = 60;
/** Milliseconds after which one attempt is given up. */
const TIMEOUT = 10_000;
/** What may be done twice (RFC 9110, 9.2.2). `PUT` of a password is not among them: the old one works only once. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "DELETE"]);
/** Statuses of troubles that pass. */
const PASSING = new Set([429, 502, 503, 504]);
/** Milliseconds of the first pause, which doubles, and of the longest. */
const BACKOFF = { minTimeout: 50, maxTimeout: 10_000, randomize: true, retries: Infinity };

/** A trouble that may pass, with the answer that told of it. */
class Passing extends Error {
  constructor(readonly response: Response) {
    super(`${response.status}`);
  }
}

/** Repeats what is safe to repeat, and a 429 of anything: then nothing was done.
 *
 * Safe are the methods that are idempotent and every request with an Idempotency-Key, which stays the same; `safe` says
 * that all requests are.
 */
export function repeating(patience = PATIENCE, safe = false, timeout = TIMEOUT): Fetch {
  return async (request) => {
    const isSafe = safe || REPEATABLE.has(request.method) || request.headers.has("Idempotency-Key");
    const end = Date.now() + patience * 1000;
    const attempt = () => send(request, isSafe, timeout);
    return pRetry(attempt, {
      ...BACKOFF,
      signal: request.signal,
      maxRetryTime: patience * 1000,
      shouldRetry: ({ error }) => error instanceof Passing || isSafe,
      onFailedAttempt: ({ error }) => heed(error, end, request.signal),
    }).catch((error: unknown) => {
      if (error instanceof Passing) return error.response;
      throw error;
    });
  };
}

/** One attempt. Its body is read here: one that breaks off is a lost answer too. */
async function send(request: Request, isSafe: boolean, timeout: number): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]);
  const response = await fetch(new Request(request.clone(), { signal }));
  const body = await response.arrayBuffer();
  const isEmpty = [204, 205, 304].includes(response.status);
  const whole = new Response(isEmpty ? null : body, response);
  Object.defineProperty(whole, "url", { value: response.url });
  if (response.status === 429 || (isSafe && (await passes(whole)))) throw new Passing(whole);
  return whole;
}

/** Whether it is a trouble that passes: one of those, or the first request with this key is still at work. */
async function passes(response: Response): Promise<boolean> {
  if (PASSING.has(response.status)) return true;
  return response.status === 409 && (await response.clone().text()).includes('"idempotency_key_in_flight"');
}

/** Wait as long as the answer asks for (RFC 9110, 10.2.3); give up now if that is too long. */
async function heed(error: Error, end: number, signal: AbortSignal): Promise<void> {
  if (!(error instanceof Passing)) return;
  const wait = askedFor(error.response);
  if (Date.now() + wait > end) throw error;
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  signal.throwIfAborted();
}

/** Milliseconds: `Retry-After` is a number of seconds or a date. */
function askedFor(response: Response): number {
  const told = response.headers.get("Retry-After") ?? "0";
  const wait = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Math.max(0, wait || 0);
}
