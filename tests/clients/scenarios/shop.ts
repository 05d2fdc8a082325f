/** A customer's first visit, from registration to cancelling an order. */
import assert from "node:assert/strict";
import { argv } from "node:process";
import { connect, connectWithKey, each, ok, refusals, signIn } from "orderly-client";

const args = JSON.parse(argv[2]!) as { url: string; email: string };
const { url, email } = args;
const password = "correct horse battery staple";

const signingUp = { body: { email, password, name: "Alice" } };
await ok(connect(url).POST("/users", signingUp));
await assert.rejects(connect(url).POST("/users", signingUp), refusals.EmailTaken);

const alice = await signIn(url, email, password);
const skus: string[] = [];
for await (const { sku } of each((from) => alice.GET("/products", { params: { query: { limit: 20, ...from } } })))
  skus.push(sku);
assert.equal(skus.length, new Set(skus).size);
const old = Array.from({ length: 500 }, (_, n) => `OLD-${String(n).padStart(3, "0")}`);
assert.deepEqual(skus.filter((sku) => sku.startsWith("OLD-")).sort(), old);

const { data } = await ok(alice.GET("/products", { params: { query: { q: "OLD-007" } } }));
const product = data[0]!;
const lines = (quantity: number) => ({ body: { lines: [{ product_id: product.id, quantity }] } });
const order = await ok(alice.POST("/orders", lines(3)));
assert.deepEqual([order.status, order.total.amount], ["pending", 3 * product.price.amount]);
await assert.rejects(alice.POST("/orders", lines(8)), (error) => {
  assert(error instanceof refusals.InsufficientStock);
  assert.deepEqual([error.problem.code, error.problem.status], ["insufficient_stock", 409]);
  return true;
});
const path = { order_id: order.id };
assert.equal((await ok(alice.POST("/orders/{order_id}/cancel", { params: { path } }))).status, "cancelled");

const { response } = await alice.GET("/me");
const header = { "If-Match": response.headers.get("ETag")! };
const renaming = { params: { header }, body: { name: "Alice Archer" } };
assert.equal((await ok(alice.PATCH("/me", renaming))).name, "Alice Archer");
await assert.rejects(alice.PATCH("/me", renaming), refusals.PreconditionFailed);
const nowhere = { order_id: "ord_00000000000000000000000000" };
await assert.rejects(alice.GET("/orders/{order_id}", { params: { path: nowhere } }), refusals.NotFound);

const created = await ok(alice.POST("/api-keys", { body: { name: "Till", scopes: ["me:read"] } }));
const till = connectWithKey(url, created.secret);
assert.equal((await ok(till.GET("/me"))).email, email);
await assert.rejects(till.GET("/orders"), refusals.Forbidden);
await alice.DELETE("/me");
