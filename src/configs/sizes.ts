import type { Preset, Settings } from '#rl';

/** What another model size changes: the checkpoint and its subset (algorithm.md 2.6). */
const sizes: readonly { readonly size: string; readonly subset: Settings['data.subset'] }[] = [
  { size: '32b', subset: '32b-20k' },
  { size: '72b', subset: '72b-20k' },
];

/** The two stages at 32B and 72B. */
export function atOtherSizes(presets: readonly Preset[]): readonly Preset[] {
  return presets.flatMap((preset) =>
    sizes.map(({ size, subset = 'all' }): Preset => {
      const upper = size.toUpperCase();
      const stage2 = preset.settings['rethink.mode'] !== undefined;
      return {
        name: `${preset.name}-${size}`,
        summary: preset.summary.replace('7B', upper),
        settings: {
          ...preset.settings,
          'policy.start': stage2
            ? `runs/reasoner-${size}/best`
            : `Qwen/Qwen2.5-VL-${upper}-Instruct`,
          'data.subset': subset,
        },
        source: preset.source,
        ...(preset.sources === undefined ? {} : { sources: preset.sources }),
      };
    }),
  );
}
