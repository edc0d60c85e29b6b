/**
 * Maps items with at most `limit` calls at work (0 = all at once); results keep the items' order.
 * The first failure ends it; calls at work finish unheard.
 */
export async function concurrentMap<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  const workers = limit > 0 ? Math.min(limit, items.length) : items.length;
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}
