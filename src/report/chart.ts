/** A value at a place on the x axis; with a band, from `low` to `high`. Null is a gap. */
export type Point = readonly [x: number, y: number | null, low?: number, high?: number];

/** One line, or one layer of a stack. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Its colour in the palette, where names have colours; by its place unless told. */
  readonly color?: number;
}

/** How numbers on an axis and beside the pointer are written. */
export type Format = 'share' | 'number' | 'count' | 'seconds' | 'tokens' | 'tiny';

/** One picture of a report, as data; the page draws it. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What it shows and what is healthy, in a sentence. */
  readonly help: string;
  /** Lines; layers whose heights add up; cells whose colour is as strong as their values; or a bar for every name. */
  readonly kind: 'lines' | 'stack' | 'heat' | 'bars';
  readonly x: { readonly label: string };
  readonly y: {
    readonly label: string;
    readonly format: Format;
    readonly from?: number;
    readonly to?: number;
    readonly log?: true;
  };
  /** Whose colours: those of runs (the same in every chart), or of the names in this chart. */
  readonly colors: 'runs' | 'names';
  readonly series: readonly Series[];
  /** Levels worth a line of their own. */
  readonly levels?: readonly { readonly y: number; readonly text: string }[];
  /**
   * `heat`, `stack`: width and height of a cell in units of the axes; a cell begins at its x, or ends
   * there when what it shows was measured at the end.
   */
  readonly cell?: { readonly width: number; readonly height: number; readonly ends?: true };
}

/** A chart that cannot be drawn, and why. */
export interface MissingChart {
  readonly id: string;
  readonly title: string;
  readonly missing: string;
}
