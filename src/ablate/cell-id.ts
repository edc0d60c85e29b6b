/** What a cell at a seed is called, also as a folder. */
export function jobId(cell: string, seed: number): string {
  return `${cell}/seed-${seed}`;
}
