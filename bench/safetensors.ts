import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ops, Safetensors, TensorScope, writeSafetensors } from '#tensor';
import type { Bench } from './bench.ts';

const names = Array.from({ length: 16 }, (_, index) => `layers.${index}.weight`);

function writeWeights(path: string): number {
  using _scope = new TensorScope('weights');
  const weights = names.map(
    (name) => [name, ops.full([2048, 4096], 0.5, { dtype: 'bf16' })] as const,
  );
  writeSafetensors(path, new Map(weights));
  return statSync(path).size / 1e9;
}

/** Maps the file and reads every byte once, without keeping a copy. */
function mapAndTouch(path: string): void {
  using _scope = new TensorScope('touch');
  using file = new Safetensors(path);
  for (const name of names) file.tensor(name).viewDtype('f32').sum().item();
}

/** Every tensor as f32 of its own, as for training. */
function loadAndCast(path: string): void {
  using file = new Safetensors(path);
  for (const name of names) {
    using _scope = new TensorScope('cast');
    file.load(name, 'f32');
  }
}

export const bench: Bench = {
  name: 'safetensors',
  summary: 'reading a bf16 checkpoint: mapped and touched, and cast to f32',
  async run(context) {
    const python = await context.python('load.py', { modules: ['torch', 'safetensors'] });
    const folder = context.folder();
    const path = join(folder, 'model.safetensors');
    const work = { amount: writeWeights(path), unit: 'GB' };
    const forms = [
      { name: 'touch', label: 'mapped and touched', ours: mapAndTouch },
      { name: 'cast', label: 'cast to f32', ours: loadAndCast },
    ];
    for (const { name, label, ours } of forms) {
      const theirs = python?.timer(name, { path });
      await context.compare({
        label,
        ours: () => ours(path),
        theirs,
        rounds: 11,
        warmup: 3,
        work,
      });
    }
  },
};
