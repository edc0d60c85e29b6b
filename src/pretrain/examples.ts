import { joints, puzzle, type Puzzle } from '#data';
import type { Processor, Prompt } from '#model/processor';
import type { Random, Seed } from '#run';

/** A stretch of a response, and whether the model is to learn to write it. */
export interface Stretch {
  readonly ids: Int32Array;
  readonly learn: boolean;
}

/** One supervised example: a prompt and a response, end token included. */
export interface Example {
  readonly puzzle: Puzzle;
  readonly prompt: Prompt;
  readonly response: readonly Stretch[];
}

/** Shares of the kinds of examples; each list sums to at most 1, the rest is the last kind. */
export interface Mixture {
  /** Examples without system line and template: reading practice. */
  readonly practice: number;
  /** Of practice: transcribing every place, clean first looks, glances; the rest looks twice. */
  readonly careful: number;
  readonly steps: number;
  readonly quick: number;
  /** Of practice: only the easiest level. */
  readonly easy: number;
  /** Of real prompts: the `rethink` template instead of `default`. */
  readonly rethinkTemplate: number;
  /** Of real prompts: a glance instead of the usual first look. */
  readonly glance: number;
  readonly glanceSlips: number;
  readonly stepsSlip: number;
  /** Of real prompts: a second look after a trigger that is not learnt. */
  readonly looksAgain: number;
  /** Of second looks: a second trigger and a further look. */
  readonly looksTwice: number;
  /** Of real prompts under `rethink` and under `default`: the trigger itself is learnt. */
  readonly waitsRethink: number;
  readonly waitsDefault: number;
}

/** What turns puzzles into examples. */
export interface ExampleMaker {
  readonly processor: Processor;
  readonly seed: Seed;
  /** Texts of the triggers by their ids; keys of the joints. */
  readonly triggers: Readonly<Record<keyof typeof joints, string>>;
}

type JointId = keyof typeof joints;
const jointIds = Object.keys(joints) as readonly JointId[];

/** What a reader is asked to do to show every place. */
export const carefulInstruction = 'Look at every place first.';

interface Draft {
  readonly text: string;
  readonly learn: boolean;
}

/** The second look at a puzzle, after one of the triggers. */
function secondLook(
  shown: Puzzle,
  { triggers }: ExampleMaker,
  random: Random,
  learnTrigger: boolean,
): readonly Draft[] {
  const id = jointIds[random.int(jointIds.length)] ?? 'self_questioning';
  return [
    { text: triggers[id], learn: learnTrigger },
    { text: joints[id] + shown.solution('careful').text, learn: true },
  ];
}

function practiceDrafts(
  shown: Puzzle,
  mixture: Mixture,
  maker: ExampleMaker,
  random: Random,
): { readonly drafts: readonly Draft[]; readonly careful: boolean } {
  const kind = random.float();
  const { careful, steps, quick } = mixture;
  const solved = (style: 'careful' | 'steps' | 'quick'): readonly Draft[] => [
    { text: shown.solution(style).text, learn: true },
  ];
  if (kind < careful) return { drafts: solved('careful'), careful: true };
  if (kind < careful + steps) return { drafts: solved('steps'), careful: false };
  if (kind < careful + steps + quick) return { drafts: solved('quick'), careful: false };
  const first = { text: firstLook(shown, mixture, random), learn: false };
  return { drafts: [first, ...secondLook(shown, maker, random, false)], careful: false };
}

function firstLook(shown: Puzzle, mixture: Mixture, random: Random): string {
  const glance = random.float() < mixture.glance;
  const slips = random.float() < (glance ? mixture.glanceSlips : mixture.stepsSlip);
  const slip = slips ? random.uint32() : undefined;
  return shown.solution(glance ? 'quick' : 'steps', slip).text;
}

function realDrafts(
  shown: Puzzle,
  mixture: Mixture,
  maker: ExampleMaker,
  at: { readonly random: Random; readonly waits: number },
): readonly Draft[] {
  const { random } = at;
  const text = firstLook(shown, mixture, random);
  if (random.float() < at.waits) {
    return [{ text, learn: true }, ...secondLook(shown, maker, random, true)];
  }
  if (random.float() >= mixture.looksAgain) return [{ text, learn: true }];
  const again = secondLook(shown, maker, random, false);
  const twice = random.float() < mixture.looksTwice ? secondLook(shown, maker, random, false) : [];
  const given = twice.length > 0 ? again.map((draft) => ({ ...draft, learn: false })) : again;
  return [{ text, learn: false }, ...given, ...twice];
}

/** Tokens of the system turn that a chat template puts first: practice goes without. */
function withoutSystem(prompt: Prompt, processor: Processor): Prompt {
  const [first, ...rest] = prompt.chunks;
  if (first?.kind !== 'tokens') return prompt;
  const end = first.ids.indexOf(processor.ids.end);
  const line = processor.encode('\n').length;
  const cut = end === -1 ? 0 : end + 1 + line;
  const chunks = [{ kind: 'tokens' as const, ids: first.ids.subarray(cut) }, ...rest];
  return { chunks, length: prompt.length - cut };
}

/** The example at an index of an endless stream; everything about it follows from seed and index. */
export function example(index: number, mixture: Mixture, maker: ExampleMaker): Example {
  const random = maker.seed.at('example', index).stream();
  const practice = random.float() < mixture.practice;
  const easy = practice && random.float() < mixture.easy;
  const shown = puzzle(`${maker.seed.toNumber()}`, 'train', index, easy ? { levels: [1] } : {});
  const problem = { ...shown.problem };
  if (practice) {
    const { drafts, careful } = practiceDrafts(shown, mixture, maker, random);
    const question = careful ? `${problem.question}\n${carefulInstruction}` : problem.question;
    const { prompt } = maker.processor.problemPrompt({ ...problem, question }, 'notrigger');
    return finish(shown, withoutSystem(prompt, maker.processor), drafts, maker);
  }
  const rethink = random.float() < mixture.rethinkTemplate;
  const { prompt } = maker.processor.problemPrompt(problem, rethink ? 'rethink' : 'default');
  const waits = rethink ? mixture.waitsRethink : mixture.waitsDefault;
  return finish(shown, prompt, realDrafts(shown, mixture, maker, { random, waits }), maker);
}

function finish(
  shown: Puzzle,
  prompt: Prompt,
  drafts: readonly Draft[],
  { processor }: ExampleMaker,
): Example {
  const response = drafts.map(({ text, learn }) => ({ ids: processor.encode(text), learn }));
  response.push({ ids: Int32Array.of(processor.ids.end), learn: true });
  return { puzzle: shown, prompt, response };
}
