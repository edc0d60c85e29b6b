import type { Benchmark } from './benchmark.ts';
import { EvalError, ItemError } from './item.ts';
import type { EvalItem, ItemFault } from './item.ts';
import type { GivenResponse, GivenResponses } from './responses.ts';
import { scoreResponse, scorers } from './score.ts';
import type { Scorer, Scores } from './score.ts';
import { Tally } from './tally.ts';

/** One scored response. */
export interface ScoredItem {
  readonly item: EvalItem;
  readonly given: GivenResponse;
  readonly scores: Scores;
  /** Our own extraction where the file gave another one. */
  readonly ownExtraction?: string | null;
}

/** What `eval score` finds. */
export interface ScoreReport {
  readonly scored: readonly ScoredItem[];
  readonly tallies: Readonly<Record<Scorer, Tally>>;
  /** Items of the data without a response: neither wrong nor counted. */
  readonly unanswered: readonly string[];
  readonly failed: readonly string[];
  /** Responses to ids that the data does not have. */
  readonly unknown: readonly string[];
  readonly faults: readonly ItemFault[];
  /** Truncated responses; undefined where the file does not say it of every response. */
  readonly truncated: number | undefined;
  /** Responses that occurred again, word for word. */
  readonly repeated: number;
  /** Responses whose extraction by our rules is another text than the one in the file. */
  readonly extractionsDiffer: readonly string[];
}

/**
 * Scores responses from anywhere by all scorers. Without items, official outputs that repeat the item
 * in their rows stand for themselves.
 *
 * @throws EvalError where nothing can be scored, or where one id has several different responses.
 */
export function scoreResponses(
  benchmark: Benchmark,
  given: GivenResponses,
  items: readonly EvalItem[] | undefined,
): ScoreReport {
  const byId = items && new Map(items.map((item) => [item.id, item]));
  const faults = [...given.faults];
  const unknown: string[] = [];
  const answered = new Map<string, { readonly item: EvalItem; readonly given: GivenResponse }>();
  let repeated = 0;
  for (const response of given.responses) {
    const item = itemFor(benchmark, response, byId);
    if (item === undefined) unknown.push(response.id);
    else if ('message' in item) faults.push(item);
    else {
      const before = answered.get(item.id);
      if (before === undefined) answered.set(item.id, { item, given: response });
      else if (before.given.response === response.response) repeated += 1;
      else throw severalRuns(item.id, before.given, response);
    }
  }
  if (answered.size === 0) throw nothingScored(given, { faults, unknown, benchmark });
  const scored = [...answered.values()].map((each) => scoreOne(benchmark, each));
  return {
    scored,
    tallies: talliesOf(scored),
    unanswered: (items ?? []).filter(({ id }) => !answered.has(id)).map(({ id }) => id),
    failed: given.failed,
    unknown,
    faults,
    truncated: scored.every((each) => each.given.truncated !== undefined)
      ? scored.filter((each) => each.given.truncated === true).length
      : undefined,
    repeated,
    extractionsDiffer: scored
      .filter(({ ownExtraction }) => ownExtraction !== undefined)
      .map(({ item }) => item.id),
  };
}

function talliesOf(scored: readonly ScoredItem[]): Readonly<Record<Scorer, Tally>> {
  const tallies = { official: new Tally(), verifier: new Tally(), reference: new Tally() };
  for (const { item, scores } of scored)
    for (const scorer of scorers) tallies[scorer].add(item, scores[scorer]);
  return tallies;
}

function scoreOne(
  benchmark: Benchmark,
  { item, given }: { readonly item: EvalItem; readonly given: GivenResponse },
): ScoredItem {
  const scores = scoreResponse(benchmark, item, given);
  const { extraction } = given;
  // Only MATH-V publishes what its rules, and no model, extracted.
  if (extraction === undefined || benchmark.mode !== 'mathvision' || given.response === '')
    return { item, given, scores };
  const own = scoreResponse(benchmark, item, { response: given.response }).official.answer;
  return own === extraction ? { item, given, scores } : { item, given, scores, ownExtraction: own };
}

/** The item of a response: its id as it is, without the benchmark's prefix, or with a part of the benchmark in front. */
function itemFor(
  benchmark: Benchmark,
  response: GivenResponse,
  byId: ReadonlyMap<string, EvalItem> | undefined,
): EvalItem | ItemFault | undefined {
  const own = selfContained(benchmark, response);
  if (byId === undefined) return own;
  const bare = response.id.replace(new RegExp(`^${benchmark.name}[-/:]`, 'i'), '');
  const hinted = own !== undefined && 'id' in own && !('message' in own) ? [own.id] : [];
  const parts = ['standard', 'vision'].map((part) => `${part}/${bare}`);
  const found = [response.id, bare, ...hinted]
    .map((id) => byId.get(id))
    .find((item) => item !== undefined);
  const among = parts.flatMap((id) => byId.get(id) ?? []);
  const item = found ?? (among.length === 1 ? among[0] : undefined);
  if (item === undefined) return undefined;
  // Reference answers may come without options (MMMU's answer file); the outputs hold those.
  const options = own !== undefined && !('message' in own) ? own.choices : undefined;
  const bareChoices = (item.choices ?? []).length === 0 && (options ?? []).length > 0;
  return bareChoices && item.choices !== undefined && options !== undefined
    ? { ...item, choices: options }
    : item;
}

function selfContained(
  benchmark: Benchmark,
  response: GivenResponse,
): EvalItem | ItemFault | undefined {
  try {
    return benchmark.read(
      { ...response.value, id: response.id },
      { file: response.file, asking: false },
    );
  } catch (error) {
    if (!(error instanceof ItemError)) throw error;
    const { file, row, id } = response;
    return { file, row, id, message: `${error.message}; name the data with --data` };
  }
}

function severalRuns(id: string, a: GivenResponse, b: GivenResponse): EvalError {
  return new EvalError(
    `expected one response for each item, found different ones for ${id}: ${a.file} row ${a.row} and ` +
      `${b.file} row ${b.row}; several runs are mixed: score each on its own`,
  );
}

function nothingScored(
  given: GivenResponses,
  {
    faults,
    unknown,
    benchmark,
  }: {
    readonly faults: readonly ItemFault[];
    readonly unknown: readonly string[];
    readonly benchmark: Benchmark;
  },
): EvalError {
  const [first] = faults;
  const why =
    first !== undefined
      ? `the first fault is in ${first.file} row ${first.row}: ${first.message}`
      : unknown.length > 0
        ? `none of ${unknown.length} ids is in the data, such as ${unknown.slice(0, 3).join(', ')}`
        : given.failed.length > 0
          ? `all ${given.failed.length} requests had failed`
          : 'there were no rows';
  return new EvalError(
    `expected responses to ${benchmark.title}, found none that can be scored: ${why}`,
  );
}
