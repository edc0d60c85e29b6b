/**
 * Trains a decoder until the shared flag is raised, telling each step's number: what tests and
 * benchmarks start as a Worker with `{ flag: Int32Array, sizes: 'small' | 'reference' }`. The flag's
 * second number, where there is one, tells the step that is under way.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { liveTensors, TensorScope } from '#tensor';
import { AdamW } from '#nn';
import {
  Decoder,
  formulaParameters,
  formulaTokens,
  referenceSizes,
  rotaryTables,
  smallSizes,
} from './decoder.ts';

const { flag, sizes } = workerData as { flag: Int32Array; sizes: 'small' | 'reference' };
const settings = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const chosen = sizes === 'small' ? smallSizes : referenceSizes;
const length = sizes === 'small' ? 16 : 128;

{
  using model = new Decoder(chosen, formulaParameters('f32'));
  using optimizer = new AdamW(model.parameters.tensors);
  using _scope = new TensorScope('training');
  const tokens = formulaTokens(4, length, chosen.vocabulary);
  const tables = rotaryTables(length, chosen.width / chosen.heads, 'f32');
  for (let step = 1; Atomics.load(flag, 0) === 0; step++) {
    if (flag.length > 1) Atomics.store(flag, 1, step);
    using _step = new TensorScope('step');
    const loss = model.loss(tokens, tables);
    loss.backward();
    optimizer.accumulate();
    optimizer.step(settings);
    parentPort?.postMessage({ step, loss: loss.item(), live: liveTensors() }, []);
  }
}
parentPort?.postMessage({ step: -1, loss: 0, live: liveTensors() }, []);
