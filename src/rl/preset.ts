import type { KnobKey, Source } from './knob.ts';
import type { Settings } from './knobs.ts';

/** A named configuration: what differs from stage 1 at 7B, and where those values come from. */
export interface Preset {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly settings: Settings;
  /** Where the settings of this preset come from, unless its knob has the value by itself. */
  readonly source: Source;
  /** Settings of this preset that come from elsewhere. */
  readonly sources?: Sources;
  /** The row of the paper's ablation table that it stands for. */
  readonly row?: string;
  /** Said wherever results of such a run are shown. */
  readonly stamps?: readonly string[];
}

export type Sources = { readonly [Key in KnobKey]?: Source };
