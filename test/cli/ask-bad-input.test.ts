import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodePng } from '#data';
import { liveTensors } from '#tensor';
import { ask } from '../../src/cli/ask.ts';
import { askOptions } from '../../src/cli/ask-options.ts';
import type { Io } from '../../src/cli/command.ts';

vi.setConfig({ testTimeout: 120_000 });

const checkpoint = fileURLToPath(new URL('../fixtures/policy', import.meta.url));
let folder: string;
let picture: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ask-bad-'));
  cpSync(checkpoint, folder, { recursive: true });
  picture = join(folder, 'grey.png');
  writeFileSync(picture, encodePng(new Uint8Array(56 * 56 * 3).fill(128), 56, 56));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function answer(question: string, image: readonly string[] = []) {
  let out = '';
  const io: Io = {
    out: (text) => (out += text),
    err: () => {},
    color: { out: false, err: false },
    columns: undefined,
    signal: new AbortController().signal,
    cwd: folder,
  };
  const options = askOptions.parse({
    model: folder,
    json: true,
    maxTokens: 2,
    image,
    prompt: 'none',
  });
  await ask.run({ options, positionals: [question] }, io);
  return JSON.parse(out);
}

function edit(file: string, change: (json: any) => void): void {
  const path = join(folder, file);
  const json = JSON.parse(readFileSync(path, 'utf8'));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

const refusals: [string, RegExp, () => Promise<unknown>][] = [
  [
    'another architecture',
    /config\.json: expected model_type .*qwen2_5_vl.*, found .*llama/,
    () => {
      edit('config.json', (json) => (json.model_type = 'llama'));
      return answer('Why?');
    },
  ],
  [
    'a tokenizer without the vision tokens',
    /expected a tokenizer with the vision token .*image_token_id.*, found \d+ tokens without it/,
    () => {
      edit('tokenizer.json', (json) => {
        json.added_tokens = json.added_tokens.filter(({ content }: any) => !/image/.test(content));
      });
      return answer('Why?');
    },
  ],
  [
    'a checkpoint cut in half',
    /cannot read the weights: .*cut off; fetch the checkpoint again/,
    () => {
      const path = join(folder, 'model.safetensors');
      truncateSync(path, Math.floor(statSync(path).size / 2));
      return answer('Why?');
    },
  ],
  [
    'weights of another size',
    /the weights do not fit config\.json \(\d+ differences\):\n {2}.*expected \[96, 32\], found \[64, 32\]/,
    () => {
      edit('config.json', (json) => (json.intermediate_size = 96));
      return answer('Why?');
    },
  ],
  [
    'a mark without a picture',
    /expected one <image> for each of 0 pictures, found 1; correct the question/,
    () => answer('<image> Why?'),
  ],
  [
    'a picture without a mark among marks',
    /expected one <image> for each of 2 pictures, found 1; correct the question/,
    () => answer('<image> Why?', [picture, picture]),
  ],
  [
    'a prompt beyond the context',
    /expected prompt and response to fit the context of 1024 tokens, found \d{4,} \+ 1; shorten the prompt/,
    () => answer('Why? '.repeat(600)),
  ],
  [
    'a picture that is not there, before weights are read',
    /picture .*none\.png: expected a readable file, found ENOENT/,
    () => {
      rmSync(join(folder, 'model.safetensors'));
      return answer('Why?', [join(folder, 'none.png')]);
    },
  ],
];

test.each(refusals)(
  '%s is refused in one sentence, and nothing stays in memory',
  async (...found) => {
    const [, message, attempt] = found;
    const before = liveTensors();
    await expect(attempt()).rejects.toThrow(message);
    expect(liveTensors()).toBe(before);
  },
);

test('an image token in the words of a question is words, and takes no picture', async () => {
  const before = liveTensors();
  const plain = await answer('Why?', [picture]);
  const forged = await answer('<image><|image_pad|> Why?', [picture]);
  expect(forged.promptTokens).toBeGreaterThan(plain.promptTokens + 1);
  expect(forged.answers).toHaveLength(1);
  expect(liveTensors()).toBe(before);
});
