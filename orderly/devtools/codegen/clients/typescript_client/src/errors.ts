/** Errors for responses other than the declared success. */
import type { Problem } from "./schema.js";

/** An error of the service. Check for the class of a code in `refusals`, or for this one. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly response: Response,
  ) {
    super(`${problem.code}: ${problem.detail} (${problem.request_id})`);
    this.name = new.target.name;
  }
}

/** A 304: the version in `If-None-Match` is the current one. */
export class NotModified extends Error {}

/** A response that is not one of the service, such as the error page of a proxy. */
export class UnexpectedResponse extends Error {
  constructor(readonly response: Response) {
    super(`${response.status} from ${new URL(response.url).pathname}`);
  }
}
