import { join } from 'node:path';

import { z } from 'zod';

import { banList, Bans, type DrawRow, filteredLogits } from '#sampler';
import { fromArray, noGrad, Safetensors, type Tensor, TensorScope } from '#tensor';

import { compared, failure, type ParityResult } from './parity-check.ts';

const tensorEntry = z.looseObject({
  role: z.enum(['input', 'expected', 'reference']),
  tolerance: z.number().optional(),
});
// Strict: a filter we do not know would be left out.
const samplingCase = z.strictObject({
  name: z.string(),
  kind: z.literal('sampling'),
  temperature: z.number(),
  topK: z.int(),
  topP: z.number(),
  rows: z.array(z.string()),
  file: z.string(),
  tensors: z.record(z.string(), tensorEntry),
});
type SamplingCase = z.output<typeof samplingCase>;
const samplingManifest = z.looseObject({
  kind: z.literal('sampling'),
  order: z.tuple([z.literal('temperature'), z.literal('topK'), z.literal('topP')]),
  compare: z.record(z.string(), z.enum(['by token', 'sorted'])),
  cases: z.array(z.looseObject({ name: z.string() })),
});

/** A row of a draw under the parameters of a case. */
export function rowOf({ temperature, topK, topP }: SamplingCase, drawn = 0): DrawRow {
  return {
    params: {
      bannedIds: [],
      repetitionPenalty: 1,
      temperature,
      topK,
      topP,
      minP: 0,
      stopIds: [],
      stopStrings: [],
      minTokens: 0,
      maxTokens: 1,
    },
    bans: banList([]),
    seed: 0,
    index: 0,
    drawn,
    seen: () => [],
  };
}

/** Checks a fixture of kind `sampling`: the distribution that tokens are drawn from. */
export async function* checkSampling(
  folder: string,
  manifest: unknown,
): AsyncIterable<ParityResult> {
  const parsed = samplingManifest.safeParse(manifest);
  if (!parsed.success) {
    yield failure('sampling', 'manifest', z.prettifyError(parsed.error));
    return;
  }
  for (const any of parsed.data.cases) {
    const found = samplingCase.safeParse(any);
    if (!found.success) {
      yield failure(any.name, 'case', z.prettifyError(found.error));
      continue;
    }
    try {
      yield* checkCase(join(folder, found.data.file), found.data, parsed.data.compare);
    } catch (error) {
      yield failure(any.name, 'case', error instanceof Error ? error.message : String(error));
    }
  }
}

function* checkCase(
  path: string,
  found: SamplingCase,
  compare: Readonly<Record<string, 'by token' | 'sorted'>>,
): Iterable<ParityResult> {
  using file = new Safetensors(path);
  using _scope = new TensorScope('sampling case');
  for (const [name, { role, tolerance }] of Object.entries(found.tensors)) {
    if (role !== 'expected') continue;
    if (name !== 'probabilities' || tolerance === undefined) {
      yield failure(found.name, name, 'this program knows no such tensor');
      continue;
    }
    const ours = noGrad(() => probabilitiesOf(file.tensor('logits'), found));
    const expected = file.tensor(name).toArray() as Float32Array;
    const width = expected.length / found.rows.length;
    for (const [index, row] of found.rows.entries()) {
      const part = (all: Float32Array): Float32Array => {
        const values = all.slice(index * width, (index + 1) * width);
        return compare[row] === 'sorted' ? values.sort() : values;
      };
      const label = { case: found.name, quantity: `${name} of ${row}` };
      yield compared(label, part(ours), part(expected), tolerance);
    }
  }
}

function probabilitiesOf(logits: Tensor, found: SamplingCase): Float32Array {
  const { V } = logits.dims('B V');
  const bans = new Bans(V, 'cpu');
  const own = fromArray(logits.toArray(), logits.shape);
  const rows = found.rows.map(() => rowOf(found));
  const filtered = filteredLogits(own, rows, bans);
  bans.dispose();
  return filtered.softmax(-1).toArray() as Float32Array;
}
