/** Results and errors of responses. */
import type { Middleware } from "openapi-fetch";
import { ApiError, NotModified, UnexpectedResponse } from "./errors.js";
import { byCode } from "./refusals.js";
import type { Problem } from "./schema.js";

/** Throw an error for every response other than a success; an unknown code is a plain `ApiError`. */
export const throwErrors: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    if (response.status === 304) throw new NotModified("the version is the current one");
    if (!response.headers.get("Content-Type")?.startsWith("application/problem+json"))
      throw new UnexpectedResponse(response);
    const problem = (await response.clone().json()) as Problem;
    const known: Record<string, typeof ApiError | undefined> = byCode;
    throw new (known[problem.code] ?? ApiError)(problem, response);
  },
};

/** Return the body of a response: `const me = await ok(api.GET("/me"))`. Errors are thrown before. */
export async function ok<T>(response: Promise<{ data?: T | undefined }>): Promise<NonNullable<T>> {
  return (await response).data as NonNullable<T>;
}
