import type { Preset } from '#rl';
import { ablations, ownAblations } from './ablations.ts';
import { releasedCode } from './released-code.ts';
import { atOtherSizes } from './sizes.ts';
import { stages } from './stages.ts';
import { tinySibling } from './tiny.ts';

const at7b: readonly Preset[] = [...stages, ...ablations, ...ownAblations, releasedCode];

/** At this size stage 2 has the plain instruction already. */
const withoutSibling = 'rethinker-trigger-only';

/** Every preset of the command line, by name; those at 7B have `-tiny` siblings with the same switches. */
export const presets: readonly Preset[] = [
  ...at7b,
  ...atOtherSizes(stages),
  ...at7b.filter(({ name }) => name !== withoutSibling).map(tinySibling),
];
