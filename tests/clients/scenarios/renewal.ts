/** Twenty concurrent calls with an expired token, and an ended session. */
import assert from "node:assert/strict";
import { argv } from "node:process";
import { ok, refusals, resume, type Tokens } from "orderly-client";

const args = JSON.parse(argv[2]!) as { url: string; email: string; tokens: Tokens[] };
const [first, second, last] = args.tokens;

for (const tokens of [first!, second!]) {
  const kept: Tokens[] = [];
  const alice = resume(args.url, tokens, { keep: (newest) => kept.push(newest) });
  const people = await Promise.all(Array.from({ length: 20 }, () => ok(alice.GET("/me"))));
  assert.deepEqual(people.map((person) => person.email), Array(20).fill(args.email));
  assert.equal(kept.length, 1);
}
const ended = resume(args.url, last!);
for (let n = 0; n < 2; n += 1) await assert.rejects(ended.GET("/me"), refusals.InvalidToken);
