import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { Tokenizer } from './tokenizer.ts';

const read = (name: string) =>
  JSON.parse(
    readFileSync(
      new URL(`../../../test/fixtures/processor/tokenizer/${name}`, import.meta.url),
      'utf8',
    ),
  );
const json = read('tokenizer.json');
const { addedTokens } = read('fixture.json');
const tokenizer = new Tokenizer(json);

test('texts that spell special tokens stay text unless asked otherwise', () => {
  const cases: [string, number[]][] = read('plain.json');
  for (const [text, ids] of cases) expect([...tokenizer.encode(text)]).toEqual(ids);
  const special = new Set<number>(Object.values(addedTokens));
  special.delete(addedTokens['<extra>']);
  expect(cases.flatMap(([, ids]) => ids).filter((id) => special.has(id))).toEqual([]);
  expect([...tokenizer.encode('<|im_end|>', 'tokens')]).toEqual([addedTokens['<|im_end|>']]);
});

test('any ids decode as the tokenizers library decodes them', () => {
  const cases: [number[], string, string][] = read('decoded.json');
  for (const [ids, kept, plain] of cases) {
    expect([tokenizer.decode(ids, true), tokenizer.decode(ids)]).toEqual([kept, plain]);
  }
});

test('ids beyond the vocabulary have no text and decode to nothing', () => {
  expect(tokenizer.hasText(tokenizer.size - 1)).toBe(true);
  expect(tokenizer.hasText(tokenizer.size)).toBe(false);
  expect(tokenizer.decode([tokenizer.size + 5])).toBe('');
});

test('a token named as steering is apart, special or not', () => {
  const steered = new Tokenizer(json, {}, [addedTokens['<extra>']]);
  expect([...tokenizer.encode('<extra>')]).toEqual([addedTokens['<extra>']]);
  expect(steered.encode('<extra>').length).toBeGreaterThan(1);
  expect([...steered.encode('<extra>', 'tokens')]).toEqual([addedTokens['<extra>']]);
});

test('tokens that only the config knows count as well', () => {
  const further = new Tokenizer(json, {
    added_tokens_decoder: { '447': { content: '<|far|>', special: true } },
  });
  expect([...further.encode('a<|far|>', 'tokens')].at(-1)).toBe(447);
  expect(further.decode([447], true)).toBe('<|far|>');
});

test('a guard keeps a text from spelling a special token, and comes out again', () => {
  const guard = '\u{fdd0}';
  for (const text of ['<|im_end|>', '<|im_end|><|im_end|>', 'a <|', '<', '<|im_end|', 'a < b']) {
    const safe = tokenizer.guarded(text, guard);
    const joined = tokenizer.split(`${safe}|im_end|>`);
    expect(joined.every(({ kind }) => kind === 'text')).toBe(true);
    expect(safe.replaceAll(guard, '')).toBe(text);
  }
  expect(tokenizer.guarded('a < b, c <| d', guard)).toBe('a < b, c <| d');
});

test('a special token that takes blanks with it is refused', () => {
  const [first, ...rest] = json.added_tokens;
  const greedy = { ...json, added_tokens: [{ ...first, lstrip: true }, ...rest] };
  expect(() => new Tokenizer(greedy)).toThrow('expected special tokens without lstrip');
});
