/**
 * Fuzzes the verifier: `node --conditions=source scripts/fuzz-verify.ts [cases=1000000] [seed=1]`.
 *
 * A third of the cases are grammatical answers, a third token soup, a third bytes. Of each: no throw
 * in `strict` and in one further mode, `verify(g, g)` is correct unless the gold is unusable, the
 * two sides of number and expression pairs may be exchanged, and the step count stays in its budget.
 * The heap is measured at every tenth of the way. Status 1 when anything breaks.
 */
import { defaultBudget, modes, verify } from '../src/verify/index.ts';
import type { Verdict, VerifyInput } from '../src/verify/index.ts';
import {
  randomAnswer,
  randomBytes,
  randomOf,
  randomSoup,
} from '../src/verify/__fixtures__/random-answers.ts';

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const draw = randomOf(seed);
const makers = [randomAnswer, randomSoup, randomBytes] as const;
const shown = 20;
let broken = 0;
let slowest = 0;

function complain(what: string, ...texts: readonly string[]): void {
  broken += 1;
  if (broken <= shown) console.log(what, JSON.stringify(texts));
}

function judged(input: VerifyInput, mode: (typeof modes)[number] = 'strict'): Verdict | undefined {
  try {
    const verdict = verify(input, { mode });
    slowest = Math.max(slowest, verdict.steps);
    // The charge that reaches the limit may overshoot it by its own size.
    if (verdict.reason !== 'step-limit' && verdict.steps > defaultBudget.steps)
      complain('steps beyond the budget', mode, String(input.gold), input.prediction);
    return verdict;
  } catch (error) {
    complain(`throws ${String(error)}`, mode, String(input.gold), input.prediction);
    return undefined;
  }
}

const scalar = new Set(['number', 'expression']);

function check(gold: string, other: string, at: number): void {
  const self = judged({ gold, prediction: gold, source: 'answer' });
  if (self !== undefined && !self.correct && gold.trim() !== '')
    complain(`a gold differs from itself: ${self.reason}`, gold);
  const forth = judged({ gold, prediction: other, source: 'answer' });
  const { shapes } = forth ?? {};
  if (shapes !== undefined && scalar.has(shapes.gold) && scalar.has(shapes.prediction)) {
    const back = judged({ gold: other, prediction: gold, source: 'answer' });
    if (
      back !== undefined &&
      back.correct !== forth?.correct &&
      !/[%°]|circ|percent/.test(gold + other)
    )
      complain('not symmetric', gold, other);
  }
  const response = `${other} so \\boxed{${gold}} ${other}`;
  judged({ gold, prediction: response, source: 'response' });
  judged({ gold, prediction: response, source: 'response' }, modes[at % modes.length]);
}

const heaps: number[] = [];
const started = performance.now();
for (let at = 0; at < count; at += 1) {
  const gold = makers[at % 3]?.(draw) ?? '';
  const other = makers[(at + (at % 2)) % 3]?.(draw) ?? '';
  check(gold, other, at);
  if (at % Math.ceil(count / 10) === 0) {
    heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
    console.log(`${at} cases: ${broken} broken, heap ${heaps.at(-1)?.toFixed(0)} MiB`);
  }
}
const seconds = (performance.now() - started) / 1000;
console.log(
  `${count} cases, seed ${seed}: ${broken} broken, most steps ${slowest}, ${seconds.toFixed(0)} s`,
);
console.log(`heap in MiB at every tenth: ${heaps.map((heap) => heap.toFixed(0)).join(' ')}`);
process.exitCode = broken === 0 ? 0 : 1;
