import { stripVTControlCharacters } from 'node:util';
import type { ImageRef } from '#data';
import type { SampleRequest } from '#sampler';
import {
  type Answer,
  answerOf,
  answersTo,
  type Asking,
  endsItself,
  promptOf,
  requestOf,
  rethinkRequest,
  rethought,
} from './ask-answer.ts';
import type { AskOptions } from './ask-options.ts';
import type { ExitCode, Io } from './command.ts';
import { paint } from './text.ts';

/** A terminal obeys control characters; a model must not command it. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, (character) =>
    character === '\n' || character === '\t' ? character : '',
  );
}

/** Answers one question: streamed to a terminal, as plain text to a pipe, as one document with --json. */
export async function askOne(
  { question, images }: { readonly question: string; readonly images: readonly ImageRef[] },
  options: AskOptions,
  asking: Asking,
  io: Io,
): Promise<ExitCode> {
  const problem = { id: 'question', question, images };
  const request = requestOf(promptOf(asking, problem, options.prompt), options, asking);
  const streams = io.color.out && options.n === 1 && !options.json;
  const answers = streams
    ? [await streamed(request, options, asking, io)]
    : await answersTo(request, options, asking, io.signal);
  if (options.json) {
    const { model, prompt, seed } = options;
    const tokens = request.prompt.length;
    io.out(`${JSON.stringify({ model, question, prompt, seed, promptTokens: tokens, answers })}\n`);
  } else if (!streams)
    for (const [index, answer] of answers.entries()) print(answer, index, answers, io);
  for (const answer of answers) note(answer, io);
  return answers.some(({ stop }) => stop === 'cancelled') ? 1 : 0;
}

function print(answer: Answer, index: number, answers: readonly Answer[], io: Io): void {
  const head = answers.length > 1 ? `--- ${index + 1} of ${answers.length}\n` : '';
  const { rethink } = answer;
  const after = rethink === undefined ? '' : rethink.trigger + rethink.text;
  io.out(`${head}${answer.text}${after}\n`);
}

/** What the text does not show. */
function note({ stop, rethink }: Answer, io: Io): void {
  const end = rethink?.stop ?? stop;
  if (end === 'length') io.err('the token limit ended the answer; raise --max-tokens\n');
  if (rethink !== undefined)
    io.err(
      rethink.changed
        ? `the answer changed to ${rethink.answer ?? 'none'}\n`
        : 'the answer stayed the same after rethinking\n',
    );
}

async function streamed(
  request: SampleRequest,
  options: AskOptions,
  asking: Asking,
  io: Io,
): Promise<Answer> {
  const tell = async (next: SampleRequest) => {
    const stream = asking.sampler.stream(next, { signal: io.signal });
    for await (const { text } of stream) if (text !== undefined) io.out(harmless(text));
    const [completion] = await stream.done;
    if (completion === undefined) throw new Error('internal: a request without completion');
    return completion;
  };
  const draft = answerOf(await tell(request), options, asking);
  if (!options.rethink || !endsItself(draft)) {
    io.out('\n');
    return draft;
  }
  io.out(paint(io.color.out, 'cyan', asking.trigger));
  const next = rethinkRequest(request, draft, 0, { options, asking });
  const answer = rethought(draft, await tell(next), options, asking);
  io.out('\n');
  return answer;
}
