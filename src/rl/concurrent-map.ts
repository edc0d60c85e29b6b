/**
 * Maps items with at most `limit` calls at work (0 = all at once); results keep the items' order.
 * After a failure no further item is begun; calls at work finish unheard.
 */
export async function concurrentMap<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await work(item, index);
      } catch (cause) {
        failed = true;
        throw cause;
      }
    }
  };
  const workers = limit > 0 ? Math.min(limit, items.length) : items.length;
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}
