import type { Tree } from '#model';
import type { Prompt } from '#model/processor';
import type { Sequence, TrainSequence } from '#policy';

/** Sequences by prompt, and the order in which their responses are packed. */
export interface Forest<S extends Sequence> {
  /** One tree per distinct prompt. */
  readonly trees: readonly Tree[];
  /** The sequences in packed order: tree by tree. */
  readonly sequences: readonly S[];
  /** For each sequence given, its place among `sequences`. */
  readonly places: readonly number[];
}

function contentKey(prompt: Prompt): string {
  return prompt.chunks
    .map((chunk) => (chunk.kind === 'tokens' ? chunk.ids.join(' ') : chunk.image.hash))
    .join('|');
}

/** Groups sequences whose prompts are equal, so that every distinct prompt is computed once. */
export function plant<S extends Sequence>(given: readonly S[]): Forest<S> {
  const keys = new Map<Prompt, string>();
  const keyOf = (prompt: Prompt): string => {
    const known = keys.get(prompt) ?? contentKey(prompt);
    keys.set(prompt, known);
    return known;
  };
  const groups = new Map<string, number[]>();
  for (const [index, { prompt }] of given.entries()) {
    const members = groups.get(keyOf(prompt)) ?? [];
    members.push(index);
    groups.set(keyOf(prompt), members);
  }
  const order = [...groups.values()].flat();
  const places: number[] = [];
  for (const [place, index] of order.entries()) places[index] = place;
  const at = (index: number): S => {
    const sequence = given[index];
    if (sequence === undefined) throw new Error('internal: no such sequence');
    return sequence;
  };
  return {
    trees: [...groups.values()].map((members) => ({
      prompt: at(members[0] ?? 0).prompt,
      responses: members.map((index) => at(index).response),
    })),
    sequences: order.map(at),
    places,
  };
}

/** What the losses need of every response token, [n] in packed order. */
export interface TokenArrays {
  readonly temperatures: Float32Array;
  readonly oldLogprobs: Float32Array;
  readonly referenceLogprobs: Float32Array | null;
  readonly advantages: Float32Array;
  readonly actions: Float32Array;
  readonly replayed: Float32Array;
  readonly imitate: Float32Array;
}

/** Joins one array of each sequence. */
export function join<S extends Sequence>(
  sequences: readonly S[],
  of: (sequence: S) => ArrayLike<number>,
): Float32Array {
  const out = new Float32Array(sequences.reduce((sum, { response }) => sum + response.length, 0));
  let at = 0;
  for (const sequence of sequences) {
    out.set(of(sequence), at);
    at += sequence.response.length;
  }
  return out;
}

/** Lays the arrays of training sequences side by side; masks are multiplied by the counts. */
export function tokenArrays(sequences: readonly TrainSequence[]): TokenArrays {
  const reference = sequences.every(({ referenceLogprobs }) => referenceLogprobs !== undefined);
  return {
    temperatures: join(sequences, ({ temperatures }) => temperatures),
    oldLogprobs: join(sequences, ({ oldLogprobs }) => oldLogprobs),
    referenceLogprobs: reference
      ? join(sequences, ({ referenceLogprobs }) => referenceLogprobs ?? [])
      : null,
    advantages: join(sequences, ({ advantages }) => advantages),
    actions: join(sequences, ({ actions, count }) =>
      Float32Array.from(actions, (on) => on * count),
    ),
    replayed: join(sequences, ({ actions, replayedCount }) =>
      Float32Array.from(actions, (on) => on * replayedCount),
    ),
    imitate: join(sequences, ({ imitate, count }) => imitate.map((weight) => weight * count)),
  };
}
