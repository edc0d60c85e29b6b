/** A picture by reference: pixels are decoded late, so records stay small and cross threads. */
export interface ImageRef {
  /** SHA-256 of the encoded file, hexadecimal: the key of every picture cache. */
  readonly hash: string;
  /** Path of the encoded file, or its bytes where no file exists (uploads, Parquet columns). */
  readonly source: string | Uint8Array;
  /** Pixels, after turning upright. */
  readonly width: number;
  readonly height: number;
}

/** One question with its pictures and a checkable answer. */
export interface Problem {
  /** Unique in its dataset; the join key everywhere. */
  readonly id: string;
  /** `<image>` marks the place of each picture, in order. */
  readonly question: string;
  readonly images: readonly ImageRef[];
  /** The reference answer, never a model's text. */
  readonly answer: string;
  /** Multiple choice: the options' texts in printed order, A first. */
  readonly options?: readonly string[];
  readonly category: string;
  readonly source?: string;
  /** Shares of correct responses in [0, 1] by the name of the model; what was not measured is absent. */
  readonly passRates?: Readonly<Record<string, number>>;
  /** A written response that ends in the answer: what supervised learning imitates. */
  readonly response?: string;
}
