import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import { triggers } from '#rl';
import { Sampler } from '#sampler';
import { verify } from '#verify';
import type { Asking } from './ask-answer.ts';
import type { AskOptions } from './ask-options.ts';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { Io } from './command.ts';

/** Tokens of prompts that are computed between two token steps. */
const prefillTokens = 2048;

/** Opens a checkpoint for asking: its weights are held once. */
export async function openAsking(options: AskOptions, io: Io): Promise<Asking> {
  const folder = await checkpointFolder(options.model, io);
  const processor = await createProcessor(folder);
  const { dtype, device, rows, cacheGb, trigger } = options;
  const sampler = new Sampler({
    dtype,
    patches: (image) => processor.patches(image),
    decode: (ids) => processor.decode(ids),
    maxRows: rows,
    prefillTokens,
    cacheBytes: cacheGb * 1e9,
  });
  try {
    await sampler.publish(loadModel(folder, { dtype, device }), 1, { take: true });
  } catch (error) {
    await processor[Symbol.asyncDispose]();
    throw error;
  }
  return {
    sampler,
    processor,
    trigger: triggers[trigger],
    answerIn: (text) => verify({ gold: '0', prediction: text, source: 'response' }).answer?.text,
    sameAnswer: (before, after) =>
      verify({ gold: before, prediction: after, source: 'answer' }).correct,
    async [Symbol.asyncDispose]() {
      await sampler[Symbol.asyncDispose]();
      await processor[Symbol.asyncDispose]();
    },
  };
}
