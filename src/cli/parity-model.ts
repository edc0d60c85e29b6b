import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { loadModel, type QwenVL } from '#model';
import { AdamW, clipGradNorm, gradNorm } from '#nn';
import { noGrad, readSafetensorsHeader, Safetensors, type Tensor, TensorScope } from '#tensor';

import { compared, failure, type ParityResult } from './parity-check.ts';
import { greedyContinuation } from './parity-model-greedy.ts';
import {
  type CaseOf,
  CaseTensors,
  type ModelCase,
  modelCase,
  modelManifest,
  readBatch,
  unknownInputs,
} from './parity-model-case.ts';
import { checkSamplerGreedy } from './parity-sampler-greedy.ts';
import { runCase, textQuantities, visionQuantities } from './parity-model-forward.ts';

/** Checks a fixture of kind `model`: every checkpoint, every case, every expected tensor. */
export async function* checkModel(folder: string, manifest: unknown): AsyncIterable<ParityResult> {
  const parsed = modelManifest.safeParse(manifest);
  if (!parsed.success) {
    yield failure(folder, 'manifest', z.prettifyError(parsed.error));
    return;
  }
  for (const { path } of parsed.data.checkpoints) {
    for (const found of parsed.data.cases) {
      const label = `${path}/${found.name}`;
      try {
        const known = modelCase.safeParse(found);
        if (known.success) {
          const place = { folder, checkpoint: join(folder, path), label };
          yield* checkCase(place, known.data);
          if (known.data.kind === 'greedy') yield* checkSamplerGreedy(place, known.data);
        } else yield failure(label, 'case', z.prettifyError(known.error));
      } catch (error) {
        yield failure(label, 'case', error instanceof Error ? error.message : String(error));
      }
      await nextTurn();
    }
  }
  yield* strangers(folder, parsed.data.cases);
}

/** Tensors in the files that no case names. */
function* strangers(
  folder: string,
  cases: readonly Readonly<Record<string, unknown>>[],
): Iterable<ParityResult> {
  const named = new Map<string, Set<string>>();
  for (const found of cases) {
    const known = modelCase.safeParse(found).data;
    if (known === undefined) continue;
    const names = named.get(known.file) ?? new Set();
    for (const name of Object.keys(known.tensors)) names.add(name);
    named.set(known.file, names);
  }
  for (const [file, names] of named) {
    const path = join(folder, file);
    if (!existsSync(path)) continue; // its cases have failed already
    for (const name of readSafetensorsHeader(path).entries.keys()) {
      if (!names.has(name)) yield failure(file, name, 'not in the manifest');
    }
  }
}

/** Lets Ctrl-C through between cases. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface Place {
  readonly folder: string;
  readonly checkpoint: string;
  readonly label: string;
}

function* checkCase(place: Place, found: ModelCase): Iterable<ParityResult> {
  using file = new Safetensors(join(place.folder, found.file));
  using _scope = new TensorScope('parity case');
  using model = loadModel(place.checkpoint, { dtype: found.kind === 'bf16' ? 'bf16' : 'f32' });
  const tensors = new CaseTensors(file, found.tensors);
  for (const name of unknownInputs(found)) {
    yield failure(place.label, name, 'this program knows no such input');
  }
  switch (found.kind) {
    case 'forward':
      yield* checkForward(place.label, found, tensors, model);
      break;
    case 'greedy':
      yield* checkGreedy(place.label, found, tensors, model);
      break;
    case 'bf16':
      yield* checkBf16(place.label, found, tensors, model);
      break;
    case 'adamw':
      yield* checkAdamW(place.label, found, tensors, model);
      break;
  }
}

/** Compares one tensor where the fixture says it counts. */
function compareTensor(
  label: string,
  name: string,
  tensors: CaseTensors,
  ours: ArrayLike<number | bigint> | undefined,
): ParityResult {
  const entry = tensors.entry(name);
  if (ours === undefined || entry?.tolerance === undefined) {
    return failure(label, name, 'this program knows no such tensor');
  }
  const expected = tensors.values(name);
  const tolerance = entry.tolerance;
  if (entry.where === undefined)
    return compared({ case: label, quantity: name }, ours, expected, tolerance);
  const mask = tensors.ints(entry.where);
  const width = expected.length / mask.length;
  const counts = (values: ArrayLike<number | bigint>): number[] =>
    mask.flatMap((on, index) =>
      on === 1 ? Array.from({ length: width }, (_, k) => Number(values[index * width + k])) : [],
    );
  return compared({ case: label, quantity: name }, counts(ours), counts(expected), tolerance);
}

function floats(tensor: Tensor): Float32Array {
  return tensor.detach().to('f32').toArray() as Float32Array;
}

function gradsOf(model: QwenVL): ReadonlyMap<string, Tensor> {
  const grads = new Map<string, Tensor>();
  for (const [name, parameter] of model.parameters) {
    grads.set(name, parameter.grad ?? noGrad(() => parameter.mul(0)));
  }
  return grads;
}

function* checkForward(
  label: string,
  found: CaseOf<'forward'>,
  tensors: CaseTensors,
  model: QwenVL,
): Iterable<ParityResult> {
  const pass = runCase(model, tensors);
  const quantities = new Map([
    ...textQuantities(model, pass),
    ...noGrad(() => visionQuantities(model, pass)),
  ]);
  pass.loss.backward();
  const grads = gradsOf(model);
  quantities.set('grad_norm', floats(gradNorm([...grads.values()])));
  for (const [name, grad] of grads) quantities.set(`grad.${name}`, floats(grad));
  for (const name of tensors.named('expected')) {
    yield compareTensor(label, name, tensors, quantities.get(name));
  }
  if (found.gradNorms !== undefined) {
    const total = Number(floats(gradNorm([...grads.values()]))[0]);
    yield normsLine(label, 'gradNorms', found.gradNorms, {
      of: (name) => grads.get(name),
      floor: 1e-6 * total,
    });
  }
}

/** All norms of a list as one line: the largest distance relative to the expected norm. */
function normsLine(
  label: string,
  quantity: string,
  expected: { readonly tolerance: number; readonly values: Readonly<Record<string, number>> },
  ours: { readonly of: (name: string) => Tensor | undefined; readonly floor: number },
): ParityResult {
  let [maxAbs, maxRel, worst] = [0, 0, ''];
  for (const [name, value] of Object.entries(expected.values)) {
    const tensor = ours.of(name);
    if (tensor === undefined) return failure(label, quantity, `there is no parameter ${name}`);
    const difference = Math.abs(Number(floats(gradNorm([tensor]))[0]) - value);
    const relative = difference / Math.max(value, ours.floor);
    if (!(relative <= maxRel)) [maxAbs, maxRel, worst] = [difference, relative, name];
  }
  const { tolerance } = expected;
  const count = Object.keys(expected.values).length;
  const note = `${count} parameters, worst ${worst}`;
  return { case: label, quantity, maxAbs, maxRel, tolerance, pass: maxRel <= tolerance, note };
}

function* checkGreedy(
  label: string,
  found: CaseOf<'greedy'>,
  tensors: CaseTensors,
  model: QwenVL,
): Iterable<ParityResult> {
  const { tokens, logprobs } = greedyContinuation(
    model,
    readBatch(tensors, model),
    found.newTokens,
  );
  for (const name of tensors.named('expected')) {
    const ours = name === 'tokens' ? tokens : name === 'token_logprobs' ? logprobs : undefined;
    yield compareTensor(label, name, tensors, ours);
  }
}

function* checkBf16(
  label: string,
  found: CaseOf<'bf16'>,
  tensors: CaseTensors,
  model: QwenVL,
): Iterable<ParityResult> {
  const ours = noGrad(() => textQuantities(model, runCase(model, tensors))).get('logits') ?? [];
  const truth = tensors.values('logits_f32');
  const mask = tensors.ints('attention_mask');
  const width = truth.length / mask.length;
  let [sum, count, maxAbs, scale] = [0, 0, 0, 0];
  for (let index = 0; index < truth.length; index++) {
    if (mask[Math.floor(index / width)] !== 1) continue;
    const difference = Math.abs(Number(ours[index]) - Number(truth[index]));
    sum += difference ** 2;
    count++;
    maxAbs = Math.max(maxAbs, difference);
    scale = Math.max(scale, Math.abs(Number(truth[index])));
  }
  const rms = Math.sqrt(sum / count);
  const line = (quantity: string, value: number, limit: number): ParityResult => ({
    case: label,
    quantity,
    maxAbs: value,
    maxRel: value / scale,
    tolerance: limit / scale,
    pass: value <= limit,
  });
  yield line('rms error', rms, found.rmsLimit);
  yield line('largest error', maxAbs, found.maxAbsLimit);
  for (const name of tensors.named('expected')) {
    if (name !== 'logits_f32') yield failure(label, name, 'this program knows no such tensor');
  }
}

function* checkAdamW(
  label: string,
  found: CaseOf<'adamw'>,
  tensors: CaseTensors,
  model: QwenVL,
): Iterable<ParityResult> {
  const { lr, betas, eps, clipGradNorm: maxNorm, steps, weightDecay } = found.optimizer;
  const start = new Map(
    [...model.parameters].map(([name, tensor]) => [name, noGrad(() => tensor.detach().clone())]),
  );
  using optimizer = new AdamW(model.parameters);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step <= steps; step++) {
    using _scope = new TensorScope('adamw step');
    const { loss } = runCase(model, tensors);
    losses.push(loss.item());
    if (step === steps) break;
    loss.backward();
    optimizer.accumulate();
    norms.push(clipGradNorm(optimizer.gradients(), maxNorm).item());
    const [beta1, beta2] = betas;
    optimizer.step({ learningRate: lr, beta1, beta2, epsilon: eps, weightDecay });
  }
  const delta = (name: string): Tensor | undefined => {
    const [before, after] = [start.get(name), model.parameters.get(name)];
    return before === undefined || after === undefined
      ? undefined
      : noGrad(() => after.sub(before));
  };
  for (const name of tensors.named('expected')) {
    const change = name.startsWith('delta.') ? delta(name.slice('delta.'.length)) : undefined;
    const ours = name === 'loss' ? losses : name === 'grad_norm' ? norms : undefined;
    yield compareTensor(label, name, tensors, ours ?? (change && floats(change)));
  }
  yield normsLine(label, 'deltaNorms', found.deltaNorms, { of: delta, floor: 0 });
}
