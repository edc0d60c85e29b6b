import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';

import { CheckpointError } from './checkpoint-error.ts';

/** What special tokens spelled out in a text become: plain text, or the tokens themselves. */
export type SpecialAs = 'text' | 'tokens';

/** A token beside the merges. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly lstrip?: boolean | undefined;
  readonly rstrip?: boolean | undefined;
  readonly single_word?: boolean | undefined;
}

/** The parts of `tokenizer.json` that are read here; the library reads the rest. */
export interface TokenizerJson {
  readonly [key: string]: unknown;
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
  readonly added_tokens: readonly AddedToken[];
}

/** The parts of `tokenizer_config.json` that matter. */
export interface TokenizerConfigJson {
  readonly [key: string]: unknown;
  readonly added_tokens_decoder?: Readonly<Record<string, Omit<AddedToken, 'id'>>> | undefined;
}

const tokenFields = {
  content: z.string().min(1),
  special: z.boolean().default(false),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  single_word: z.boolean().optional(),
};

/** Checked but not copied: a hundred thousand entries, of which one may be called `__proto__`. */
const vocabulary = z.custom<TokenizerJson['model']['vocab']>(
  (vocab) =>
    typeof vocab === 'object' && vocab !== null && Object.values(vocab).every(Number.isInteger),
  'expected an id for every token',
);

export const tokenizerJson: z.ZodType<TokenizerJson> = z.looseObject({
  model: z.looseObject({ type: z.literal('BPE'), vocab: vocabulary }),
  added_tokens: z.array(z.looseObject({ id: z.int(), ...tokenFields })),
});

export const tokenizerConfigJson: z.ZodType<TokenizerConfigJson> = z.looseObject({
  added_tokens_decoder: z.record(z.string(), z.looseObject(tokenFields)).optional(),
});

/** A stretch of rendered text: an ordinary one, or a special token. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'special'; readonly id: number };

/**
 * Text to token ids and back, as `tokenizer.json` says: normaliser, pre-tokeniser and merges are the
 * checkpoint's own. Tokens marked as special there, and those named as `steering`, are apart: text
 * that spells them stays text unless asked otherwise, so that foreign text cannot forge a turn.
 */
export class Tokenizer {
  /** Ids with a text are below this. */
  readonly size: number;
  readonly #library: LibraryTokenizer;
  /** Special tokens by their text, longest first. */
  readonly #special: ReadonlyMap<string, number>;
  readonly #specialText: ReadonlyMap<number, string>;
  /** Splits at special tokens and keeps them. */
  readonly #splitter: RegExp | undefined;
  /** The first character of every place where a special token begins. */
  readonly #beginning: RegExp | undefined;

  constructor(
    json: TokenizerJson,
    config: TokenizerConfigJson = {},
    steering: readonly number[] = [],
  ) {
    const added = allAddedTokens(json, config);
    const apart = added.filter(({ id, special }) => special || steering.includes(id));
    const others = added.filter((token) => !apart.includes(token));
    checkPlain(apart);
    const pairs = apart
      .map(({ content, id }) => [content, id] as const)
      .sort(([a], [b]) => b.length - a.length);
    this.#special = new Map(pairs);
    this.#specialText = new Map(apart.map(({ content, id }) => [id, content]));
    if (apart.length > 0) {
      const any = pairs.map(([content]) => RegExp.escape(content)).join('|');
      this.#splitter = new RegExp(`(${any})`, 'u');
      const begun = new Set(pairs.flatMap(([content]) => beginnings(content)));
      this.#beginning = new RegExp(
        `(?=${any}|(?:${[...begun].map((text) => RegExp.escape(text)).join('|')})$)[^]`,
        'gu',
      );
    }
    this.#library = openLibrary({ ...json, added_tokens: others }, config);
    const ids = [...Object.values(json.model.vocab), ...added.map(({ id }) => id)];
    this.size = ids.reduce((size, id) => Math.max(size, id + 1), 0);
  }

  /** Ids of a text; nothing is added around it. */
  encode(text: string, special: SpecialAs = 'text'): Int32Array {
    if (special === 'text') return Int32Array.from(this.#plain(text));
    const ids = this.split(text).map((piece) =>
      piece.kind === 'text' ? this.#plain(piece.text) : [piece.id],
    );
    return Int32Array.from(ids.flat());
  }

  /** Text of ids. Ids without text are left out; special tokens too, unless asked for. */
  decode(ids: Iterable<number>, keepSpecial = false): string {
    const texts: string[] = [];
    let run: number[] = [];
    const flush = (): void => {
      if (run.length > 0) {
        const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
        texts.push(this.#library.decode(run, options));
      }
      run = [];
    };
    for (const id of ids) {
      const special = this.#specialText.get(id);
      if (special === undefined) {
        if (this.#library.id_to_token(id) !== undefined) run.push(id);
      } else if (keepSpecial) {
        flush();
        texts.push(special);
      }
    }
    flush();
    return texts.join('');
  }

  /** Id of a special token, undefined if there is none of this text. */
  specialId(text: string): number | undefined {
    return this.#special.get(text);
  }

  /** Text of a special token, undefined if the id is not of one. */
  specialText(id: number): string | undefined {
    return this.#specialText.get(id);
  }

  /** Whether an id stands for some text; matrices have more rows than there are tokens. */
  hasText(id: number): boolean {
    return this.#specialText.has(id) || this.#library.id_to_token(id) !== undefined;
  }

  /** Cuts a text at its special tokens. */
  split(text: string): readonly Piece[] {
    if (this.#splitter === undefined) return [{ kind: 'text', text }];
    return text.split(this.#splitter).flatMap((part): readonly Piece[] => {
      if (part === '') return [];
      const id = this.#special.get(part);
      return [id === undefined ? { kind: 'text', text: part } : { kind: 'special', id }];
    });
  }

  /**
   * Puts `guard` into every special token that a text spells, or begins to spell at its end, so that
   * neither it nor what follows it can become one. Taking every guard out restores the text.
   */
  guarded(text: string, guard: string): string {
    if (this.#beginning === undefined) return text;
    return text.replaceAll(this.#beginning, (character) => character + guard);
  }

  #plain(text: string): readonly number[] {
    if (text === '') return [];
    const { ids, tokens } = this.#library.encode(text, { add_special_tokens: false });
    const gap = ids.findIndex((id: number) => !Number.isInteger(id));
    if (gap < 0) return ids;
    throw new CheckpointError(
      `tokenizer.json: expected a vocabulary that covers every text, found no id for ` +
        `${JSON.stringify(tokens[gap])}; use the tokenizer files of the original checkpoint`,
    );
  }
}

/** Every proper beginning of a token's text. */
function beginnings(content: string): readonly string[] {
  const characters = Array.from(content);
  return characters.slice(1).map((_, i) => characters.slice(0, i + 1).join(''));
}

/** Tokens beside the merges: those of `tokenizer.json`, and those only the config knows. */
function allAddedTokens(json: TokenizerJson, config: TokenizerConfigJson): readonly AddedToken[] {
  const known = new Set(json.added_tokens.map(({ id }) => id));
  const further = Object.entries(config.added_tokens_decoder ?? {})
    .map(([id, token]): AddedToken => ({ ...token, id: Number(id) }))
    .filter(({ id }) => !known.has(id));
  return [...json.added_tokens, ...further];
}

/** Special tokens are found by their text alone; those that would also take blanks are refused. */
function checkPlain(special: readonly AddedToken[]): void {
  const greedy = special.find((token) => token.lstrip || token.rstrip || token.single_word);
  if (greedy === undefined) return;
  throw new CheckpointError(
    `tokenizer.json: expected special tokens without lstrip, rstrip and single_word, found ` +
      `${greedy.content} with one of them; use the tokenizer files of a Qwen2.5-VL checkpoint`,
  );
}

function openLibrary(json: object, config: TokenizerConfigJson): LibraryTokenizer {
  try {
    return new LibraryTokenizer(json, config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(
      `tokenizer.json: expected a tokenizer of the Hugging Face format, found ${reason}; ` +
        'use the tokenizer files of the original checkpoint',
      { cause: error },
    );
  }
}
