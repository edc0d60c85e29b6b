import { askOptions, checkAskOptions } from './ask-options.ts';
import type { Command } from './command.ts';

/** `vl-rethinker ask` */
export const ask: Command<typeof askOptions> = {
  name: 'ask',
  summary: 'ask a model about pictures: one question, or a file of them',
  positionals: '["question"]',
  help: [
    'Answers one question. A terminal shows the answer as it is drawn, a pipe gets it as plain text, --json prints one document. <image> in the question marks the place of a picture; without marks pictures come first. A reply is greedy unless --temperature says otherwise.',
    'With --rethink, an answer that the model has ended is continued behind a trigger such as "Wait, does it seem right?"; at the end it says whether the answer changed.',
    'With --input rows.jsonl --output out.jsonl every row {id, question, images?} is answered; paths of pictures start at the folder of the input. Output rows are {id, options, text, stop, ids, answer?, rethink?}, or {id, options, answers} with --n, or {id, options, error} where a row failed; they come in the order of finishing. After Ctrl-C or a kill the same command goes on with the rows that are missing; `options` is the same in rows that were asked alike, and a file of others is refused.',
    '  vl-rethinker ask --model Qwen/Qwen2.5-VL-3B-Instruct --image a.png "How many apples?"',
    '  vl-rethinker ask --model DIR --input rows.jsonl --output out.jsonl --rows 128',
  ].join('\n'),
  options: askOptions,
  async run({ options, positionals }, io) {
    checkAskOptions(options, positionals);
    // Loaded now and not with this file: help needs no libtorch.
    const { openAsking } = await import('./ask-open.ts');
    const { openImage } = await import('#data');
    // Before the weights, which may take minutes: a wrong path is told at once.
    const access = { signal: io.signal };
    const images = await Promise.all(options.image.map((source) => openImage(source, access)));
    await using asking = await openAsking(options, io);
    if (options.input !== undefined) {
      const { askBatch } = await import('./ask-batch.ts');
      return await askBatch(options, asking, io);
    }
    const { askOne } = await import('./ask-one.ts');
    return await askOne({ question: positionals[0] ?? '', images }, options, asking, io);
  },
};
