/** Registration, an unsafe request: retried only after a 429. Each proxy has one kind of fault. */
import assert from "node:assert/strict";
import { argv } from "node:process";
import { connect, refusals, UnexpectedResponse } from "orderly-client";

const args = JSON.parse(argv[2]!) as { urls: Record<string, string>; email: string };
const body = { email: args.email, password: "correct horse battery staple", name: "Alice" };
const signUp = (proxy: string) => connect(args.urls[proxy]!).POST("/users", { body });

await assert.rejects(signUp("failing"), UnexpectedResponse);
await assert.rejects(signUp("closed"), refusals.RateLimited);
await assert.rejects(signUp("losing"), TypeError);
await assert.rejects(signUp("limiting"), refusals.EmailTaken);
