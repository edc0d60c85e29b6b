/**
 * Loads a checkpoint and saves it: `node --conditions=source scripts/save-again.ts FROM TO DTYPE BYTES`,
 * with shards of at most BYTES bytes. scripts/check-saved-checkpoint.py opens the result.
 */
import { loadModel, saveModel } from '#model';
import type { DType } from '#tensor';

const [from = '', to = '', dtype = 'f32', bytes = '5e9'] = process.argv.slice(2);
using model = loadModel(from, { dtype: dtype as DType });
saveModel(to, model.parameters, {
  source: from,
  dtype: dtype as DType,
  shardBytes: Number(bytes),
});
