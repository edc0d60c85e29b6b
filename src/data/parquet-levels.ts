/** How the rows of a list column lie in one of its pages. */
export interface RowStarts {
  /** Rows that begin in it. */
  readonly rows: number;
  /** It begins with the rest of a row of the page before. */
  readonly continued: boolean;
}

/**
 * Counts the rows that begin in a page of version 1, from the repetition levels at its start: four bytes
 * of length, then runs and packed groups of one bit each. Level 0 begins a row.
 *
 * Source: Encodings.md of the Parquet format, "Run Length Encoding / Bit-Packing Hybrid".
 * @param page Decompressed.
 * @param values Levels in it.
 * @throws RangeError if the levels end too early.
 */
export function rowStarts(page: Uint8Array, values: number): RowStarts {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const end = 4 + view.getUint32(0, true);
  let at = 4;
  let seen = 0;
  let rows = 0;
  let continued = false;
  const take = (level: number, count: number): void => {
    if (seen === 0) continued = level !== 0;
    const taken = Math.min(count, values - seen);
    if (level === 0) rows += taken;
    seen += taken;
  };
  for (;;) {
    if (seen >= values) return { rows, continued };
    if (at >= end) throw new RangeError(`expected ${values} repetition levels, found ${seen}`);
    let header = 0;
    for (let shift = 0, byte = 0x80; (byte & 0x80) !== 0; shift += 7) {
      byte = view.getUint8(at++);
      header += (byte & 0x7f) * 2 ** shift;
    }
    if (header % 2 === 0) {
      take(view.getUint8(at++) & 1, header / 2);
      continue;
    }
    for (let groups = (header - 1) / 2; groups > 0; groups--) {
      const bits = view.getUint8(at++);
      for (let bit = 0; bit < 8; bit++) take((bits >> bit) & 1, 1);
    }
  }
}
