/** Two hundred orders through a faulty proxy, from ten concurrent buyers. */
import assert from "node:assert/strict";
import { argv } from "node:process";
import { ok, resume, type Tokens } from "orderly-client";

const args = JSON.parse(argv[2]!) as { url: string; tokens: Tokens[]; product_id: string };
const alice = resume(args.url, args.tokens[0]!);
const ids = new Set<string>();

async function buyer(): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    const body = { lines: [{ product_id: args.product_id, quantity: 1 }] };
    ids.add((await ok(alice.POST("/orders", { body }))).id);
  }
}

await Promise.all(Array.from({ length: 10 }, buyer));
assert.equal(ids.size, 200);
