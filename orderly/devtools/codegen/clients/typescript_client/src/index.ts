/** The client: `connect`, `connectWithKey`, `signIn`, `resume`; `ok` and `each` for their results. */
export * from "./connections.js";
export * from "./errors.js";
export * from "./pagination.js";
export { ok } from "./responses.js";
export * as refusals from "./refusals.js";
export type * from "./schema.js";
