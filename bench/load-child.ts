/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `load-child.ts load <folder> <dtype>` or `load-child.ts head <forward|backward>`; prints JSON.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { chunkedLogprobs, loadModel, rowsPerChunk, tokenLogprobs, weightBytes } from '#model';
import { type DType, fromInts, memory, noGrad, ops, type Tensor, TensorScope } from '#tensor';

/** What a child found; bytes and seconds. */
export interface Measured {
  readonly seconds: number;
  /** Resident before the work, libtorch loaded and used once. */
  readonly before: number;
  readonly peak: number;
  /** The result itself: weights, or what the full matrix of logits would take. */
  readonly bytes: number;
}

/** `getrusage` would answer with the parent's peak where that is larger; this counter starts anew. */
function residentPeak(): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found?.[1]) * 1024;
}

function measured(bytes: number, before: number, start: number): Measured {
  const seconds = (performance.now() - start) / 1000;
  return { seconds, before, peak: residentPeak(), bytes };
}

function warmUp(): number {
  using _scope = new TensorScope('warm-up');
  ops.randn([256, 256]).matmul(ops.randn([256, 256]));
  return memory().resident;
}

function load(folder: string, dtype: DType): Measured {
  const before = warmUp();
  const start = performance.now();
  using model = loadModel(folder, { dtype });
  return measured(weightBytes(model, dtype), before, start);
}

const [tokens, vocab, width] = [8192, 151_936, 256];

/** Forward and backward chunk by chunk, as training does it. */
function addGradients(hidden: Tensor, head: Tensor, targets: Tensor): void {
  const step = rowsPerChunk(vocab);
  for (let first = 0; first < tokens; first += step) {
    using _scope = new TensorScope('chunk');
    const cut = (tensor: Tensor): Tensor => tensor.narrow(0, first, Math.min(step, tokens - first));
    const options = { bans: null, temperatures: null };
    const { logprobs } = tokenLogprobs(cut(hidden), head, cut(targets), options);
    logprobs.sum().backward();
  }
}

function head(gradients: boolean): Measured {
  using _scope = new TensorScope('head');
  const hidden = ops.randn([tokens, width]).requiresGrad_(gradients);
  const table = ops.randn([vocab, width]).requiresGrad_(gradients);
  const targets = fromInts(
    Int32Array.from({ length: tokens }, (_, index) => (index * 7919) % vocab),
  );
  const before = warmUp();
  const start = performance.now();
  if (gradients) addGradients(hidden, table, targets);
  else noGrad(() => chunkedLogprobs(hidden, table, targets, { bans: null, temperatures: null }));
  return measured(tokens * vocab * 4, before, start);
}

if (import.meta.main) {
  const [what, first = '', dtype = 'f32'] = process.argv.slice(2);
  const found = what === 'load' ? load(first, dtype as DType) : head(first === 'backward');
  console.log(JSON.stringify(found));
}
