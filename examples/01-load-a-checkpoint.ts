/**
 * Loads a Qwen2.5-VL checkpoint and says what it is.
 *
 *     node --conditions=source examples/01-load-a-checkpoint.ts <folder>
 */
import { loadModel, weightBytes } from '#model';

const [, , folder = 'assets/tiny-base'] = process.argv;

// Weights are cast while they are read; `using` frees them at the end of the program.
using model = loadModel(folder, { dtype: 'bf16' });
const { text, vision } = model.config;

console.log(
  `${model.parameters.size} parameters, ${weightBytes(model, model.dtype)} bytes in bf16`,
);
console.log(`decoder: ${text.layers} layers of width ${text.hiddenSize}, ${text.vocabSize} tokens`);
console.log(`heads: ${text.heads} for queries, ${text.kvHeads} for keys and values`);
console.log(`vision tower: ${vision.depth} blocks of width ${vision.hiddenSize}`);
console.log(`context: ${text.maxPositions} positions`);
