/** Iteration over all pages of a list. */

/** A page of a list. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
}

/** The cursor of a page, to be spread into a query. */
export type From = { cursor?: string };

/** Yield every item of a list; pages are fetched on demand.
 *
 * `for await (const product of each((from) => api.GET("/products", { params: { query: { q: "mug", ...from } } })))`
 *
 * The feed of events calls its cursor `after`: `from.cursor ? { after: from.cursor } : {}`.
 */
export async function* each<T>(
  fetch: (from: From) => Promise<{ data?: Page<T> | undefined }>,
): AsyncGenerator<T, void, undefined> {
  let from: From = {};
  for (;;) {
    const { data: page } = await fetch(from);
    if (page === undefined) return;
    yield* page.data;
    if (!page.has_more || page.next_cursor === null) return;
    from = { cursor: page.next_cursor };
  }
}
