/** From an answer to what a caller gets: what was asked for, or an error. */
import type { Middleware } from "openapi-fetch";
import { Refused, Unchanged, UnexpectedAnswer } from "./errors.js";
import { byCode } from "./refusals.js";
import type { Problem } from "./schema.js";

/** Throws whatever is no success; a code that is newer than this client is a plain `Refused`. */
export const raising: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    if (response.status === 304) throw new Unchanged("nothing has changed");
    if (!response.headers.get("Content-Type")?.startsWith("application/problem+json"))
      throw new UnexpectedAnswer(response);
    const problem = (await response.clone().json()) as Problem;
    const known: Record<string, typeof Refused | undefined> = byCode;
    throw new (known[problem.code] ?? Refused)(problem, response);
  },
};

/** What was answered, without a look at errors: those are thrown. `const me = await ok(api.GET("/me"))`. */
export async function ok<T>(answer: Promise<{ data?: T | undefined }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>;
}
