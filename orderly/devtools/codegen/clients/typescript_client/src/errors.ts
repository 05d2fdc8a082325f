/** What a call throws when the answer is not the success that the contract promises. */
import type { Problem } from "./schema.js";

/** The service says no. Look for the class of a code in `refusals`, or for this one. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    readonly response: Response,
  ) {
    super(`${problem.code}: ${problem.detail} (${problem.request_id})`);
    this.name = new.target.name;
  }
}

/** 304: what `If-None-Match` names is still true. */
export class Unchanged extends Error {}

/** An answer that is none of the service's, such as the error page of a proxy. */
export class UnexpectedAnswer extends Error {
  constructor(readonly response: Response) {
    super(`${response.status} from ${new URL(response.url).pathname}`);
  }
}
