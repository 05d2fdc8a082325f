/** Signing up, which must not be sent twice unless it was surely not begun, over lines with one fault each. */
import assert from "node:assert/strict";
import { argv } from "node:process";
import { connect, refusals, UnexpectedAnswer } from "orderly-client";

const given = JSON.parse(argv[2]!) as { urls: Record<string, string>; email: string };
const body = { email: given.email, password: "correct horse battery staple", name: "Alice" };
const signUp = (line: string) => connect(given.urls[line]!).POST("/users", { body });

await assert.rejects(signUp("failing"), UnexpectedAnswer);
await assert.rejects(signUp("closed"), refusals.RateLimited);
await assert.rejects(signUp("losing"), TypeError);
await assert.rejects(signUp("limiting"), refusals.EmailTaken);
