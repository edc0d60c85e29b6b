import { AsyncScope, fromInts, noGrad, type Tensor, TensorScope, tidy } from '#tensor';
import {
  Decoder,
  formulaParameters,
  referenceSizes,
  rotaryTables,
} from '../test/engine/decoder.ts';
import type { Bench, BenchContext, PythonBaseline } from './bench.ts';
import { FusedDecoder, signedSine } from './fused-decoder.ts';

const sequences = 8;
const tokens = 64;
type DType = 'f32' | 'bf16';

function firstIds(): Tensor {
  return fromInts(Int32Array.from({ length: sequences }, (_, row) => row));
}

/** One sampled token per sequence from logits [B, V]. */
function sample(logits_BV: Tensor): Tensor {
  return logits_BV.to('f32').softmax(-1).multinomial(1).view([-1]);
}

function plain(model: Decoder, tables: { cos: Tensor; sin: Tensor }): void {
  using caches = new AsyncScope('caches');
  using _scope = new TensorScope('plain');
  const layers = model.layers.map(() => ({
    key: null as Tensor | null,
    value: null as Tensor | null,
  }));
  let ids = firstIds();
  for (let at = 0; at < tokens; at++) {
    ids = tidy(() => {
      const old = layers.map((layer) => ({ ...layer }));
      const here = { cos: tables.cos.narrow(0, at, 1), sin: tables.sin.narrow(0, at, 1) };
      const next = sample(model.logits(ids.view([-1, 1]), here, layers).select(1, 0));
      for (const layer of layers) {
        layer.key = caches.run(() => layer.key?.alias() ?? null);
        layer.value = caches.run(() => layer.value?.alias() ?? null);
      }
      for (const { key, value } of old) {
        key?.dispose();
        value?.dispose();
      }
      return next;
    });
  }
}

function fused(model: FusedDecoder, tables: { cos: Tensor; sin: Tensor }): void {
  using _scope = new TensorScope('fused');
  let ids = firstIds();
  for (let at = 0; at < tokens; at++) ids = tidy(() => sample(model.logits(ids, at, tables)));
}

async function measure(
  context: BenchContext,
  python: PythonBaseline | undefined,
  dtype: DType,
): Promise<void> {
  using model = new Decoder(referenceSizes, formulaParameters(dtype));
  using joined = new FusedDecoder(model, sequences, tokens);
  using data = new AsyncScope('tables');
  const tables = data.run(() => rotaryTables(tokens, 64, dtype));
  const signed = { cos: tables.cos, sin: data.run(() => signedSine(tables.sin)) };
  const compare = (form: string, ours: () => void) =>
    context.compare({
      label: `token ${form} ${dtype}`,
      ours: () => noGrad(ours),
      theirs: python?.timer(form, { dtype, count: tokens }),
      repeats: tokens,
      rounds: 11,
      warmup: 3,
      work: { amount: sequences, unit: 'tok' },
    });
  const [slow] = await compare('plain', () => plain(model, tables));
  const [fast] = await compare('fused', () => fused(joined, signed));
  if (slow?.kind !== 'comparison' || fast?.kind !== 'comparison') return;
  const value = fast.ours.median / slow.ours.median;
  context.value({ label: `fused ÷ plain ${dtype}`, value, unit: '', most: 1 });
}

export const bench: Bench = {
  name: 'decode',
  summary:
    'one sampled token for 8 sequences, 4 layers of width 512, plain and with fused operators',
  async run(context) {
    const python = await context.python('decode.py', { modules: ['torch', 'numpy'] });
    for (const dtype of ['f32', 'bf16'] as const) await measure(context, python, dtype);
  },
};
