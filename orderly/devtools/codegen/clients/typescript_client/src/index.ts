/** The client: `connect`, `connectWithKey`, `signIn`, `resume`; `ok` and `each` for what they answer. */
export * from "./connecting.js";
export * from "./errors.js";
export * from "./paging.js";
export { ok } from "./raising.js";
export * as refusals from "./refusals.js";
export type * from "./schema.js";
