import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { openImage } from '#data';

import { promptIds } from './chat.ts';
import { createProcessor } from './processor.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const checkpoint = join(root, 'test/fixtures/processor/tokenizer');
const picture = join(root, 'test/fixtures/processor/images/files/noise.png');
const prototype = join(root, '../shared/data/tiny-prototype');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processor-'));
  await cp(checkpoint, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

async function edit(name: string, change: (json: any) => void): Promise<void> {
  const json = JSON.parse(await readFile(join(folder, name), 'utf8'));
  change(json);
  await writeFile(join(folder, name), JSON.stringify(json));
}

test('ids come from the checkpoint, and what a response must not contain is known', async () => {
  await using processor = await createProcessor(folder);
  const { addedTokens } = JSON.parse(await readFile(join(folder, 'fixture.json'), 'utf8'));
  expect(processor.ids).toMatchObject({
    end: addedTokens['<|im_end|>'],
    padding: addedTokens['<|endoftext|>'],
    imagePad: addedTokens['<|image_pad|>'],
    visionEnd: addedTokens['<|vision_end|>'],
  });
  const names = ['endoftext', 'vision_start', 'vision_end', 'vision_pad', 'image_pad', 'video_pad'];
  const named = names.map((name): number => addedTokens[`<|${name}|>`]);
  const rows = Array.from({ length: 448 }, (_, id) => id);
  const last = Math.max(...Object.values<number>(addedTokens));
  expect(processor.ids.banned).toEqual([...named, ...rows.slice(last + 1)].sort((a, b) => a - b));
});

test('ids may lie in text_config, and names may be objects', async () => {
  await edit('config.json', (config) => {
    config.text_config = { vocab_size: config.vocab_size, eos_token_id: 0, pad_token_id: 1 };
    delete config.vocab_size;
  });
  await writeFile(join(folder, 'tokenizer_config.json'), '{"eos_token":{"content":"<|im_end|>"}}');
  await rm(join(folder, 'generation_config.json'));
  await using processor = await createProcessor(folder);
  expect(processor.decode(Int32Array.of(processor.ids.end), true)).toBe('<|im_end|>');
  expect(processor.ids.padding).toBe(1);
  expect(processor.ids.banned.at(-1)).toBe(447);
});

test('a problem becomes one user turn, its pictures expanded to their grids', async () => {
  await using processor = await createProcessor(folder, { minPixels: 3136, maxPixels: 3136 });
  const image = await openImage(picture);
  const problem = { id: 'p', question: '<image>\nWhy?', images: [image], answer: '', category: '' };
  const { prompt, placeholderInserted } = processor.problemPrompt(problem, 'default');
  const ids = promptIds(prompt, processor.ids.imagePad);
  expect(placeholderInserted).toBe(false);
  expect(processor.grid(image)).toEqual({ t: 1, h: 4, w: 4 });
  expect(processor.decode(ids, true)).toBe(
    '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>' +
      '<|image_pad|><|image_pad|><|image_pad|><|image_pad|><|vision_end|>\nWhy?\n\nPlease reason step by step, and put your ' +
      'final answer within \\boxed{}.<|im_end|>\n<|im_start|>assistant\n',
  );
});

test('patches have the grid that the prompt announced, and are cut once', async () => {
  await using processor = await createProcessor(folder, { minPixels: 784, maxPixels: 784 * 9 });
  const image = await openImage(picture);
  const patches = await processor.patches(image);
  expect(patches.grid).toEqual(processor.grid(image));
  expect(patches.pixels).toHaveLength(patches.grid.h * patches.grid.w * 1176);
  expect(await processor.patches(image)).toBe(patches);
});

test('bounds come from the options, then the checkpoint, then the defaults', async () => {
  const bounds = async (options = {}) => {
    await using processor = await createProcessor(folder, options);
    return [processor.layout.minPixels, processor.layout.maxPixels];
  };
  expect(await bounds()).toEqual([3136, 1_003_520]);
  const preprocessor = join(folder, 'preprocessor_config.json');
  await writeFile(preprocessor, '{"size":{"shortest_edge":784,"longest_edge":1568}}');
  expect(await bounds()).toEqual([784, 1568]);
  await writeFile(preprocessor, '{"min_pixels":3136,"max_pixels":12845056}');
  expect(await bounds()).toEqual([3136, 12_845_056]);
  expect(await bounds({ maxPixels: 5000 })).toEqual([3136, 5000]);
  await expect(bounds({ maxPixels: 100 })).rejects.toThrow('expected minPixels ≤ maxPixels');
});

test('the chat template is found wherever checkpoints keep it', async () => {
  const template = await readFile(join(folder, 'chat_template.jinja'), 'utf8');
  const system = async () => {
    await using processor = await createProcessor(folder);
    const ids = promptIds(processor.prompt([{ kind: 'text', text: 'Hi' }]), processor.ids.imagePad);
    return /system\n(\w+)/.exec(processor.decode(ids))?.[1];
  };
  const saying = (word: string) => template.replace('You are a helpful assistant.', word);
  await edit('tokenizer_config.json', (config) => {
    config.chat_template = [
      { name: 'tool_use', template: 'none' },
      { name: 'default', template: saying('listed') },
    ];
  });
  await rm(join(folder, 'chat_template.jinja'));
  expect(await system()).toBe('listed');
  await edit('tokenizer_config.json', (config) => {
    config.chat_template = saying('tokenizer');
  });
  expect(await system()).toBe('tokenizer');
  const json = JSON.stringify({ chat_template: saying('json') });
  await writeFile(join(folder, 'chat_template.json'), json);
  expect(await system()).toBe('json');
  await writeFile(join(folder, 'chat_template.jinja'), saying('jinja'));
  expect(await system()).toBe('jinja');
});

const breakages: [string, RegExp, () => Promise<void>][] = [
  [
    'another architecture',
    /config\.json: expected model_type qwen2_5_vl, found llama; choose/,
    () => edit('config.json', (config) => (config.model_type = 'llama')),
  ],
  [
    'a tokenizer without vision tokens',
    /expected a tokenizer with the vision token .*image_token_id.*, found \d+ tokens without it/,
    () =>
      edit('tokenizer.json', (json) => {
        json.added_tokens = json.added_tokens.filter(({ content }: any) => !/image/.test(content));
      }),
  ],
  [
    'no tokenizer',
    /expected a file tokenizer\.json, found none/,
    () => rm(join(folder, 'tokenizer.json')),
  ],
  [
    'half a tokenizer',
    /tokenizer\.json: expected JSON, found 100 characters that are not/,
    async () => {
      const path = join(folder, 'tokenizer.json');
      await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100));
    },
  ],
  [
    'a tokenizer of another kind',
    /tokenizer\.json: at model\.type, .*BPE/,
    () => edit('tokenizer.json', (json) => (json.model.type = 'Nonsense')),
  ],
  [
    'no chat template',
    /expected a chat template in chat_template\.jinja/,
    () => rm(join(folder, 'chat_template.jinja')),
  ],
  [
    'a chat template that knows no pictures',
    /expected one <\|image_pad\|> for each of 1 pictures, found 0/,
    () => writeFile(join(folder, 'chat_template.jinja'), 'text only'),
  ],
  [
    'other patch sizes here and there',
    /expected patch_size 14 as in config\.json, found 16/,
    () => writeFile(join(folder, 'preprocessor_config.json'), '{"patch_size":16}'),
  ],
  [
    'another resampling filter',
    /preprocessor_config\.json: at resample/,
    () => writeFile(join(folder, 'preprocessor_config.json'), '{"resample":2}'),
  ],
  [
    'padding that ends a turn',
    /expected an end token and a padding token that differ/,
    () => edit('tokenizer_config.json', (config) => (config.pad_token = config.eos_token)),
  ],
];
test.each(breakages)('%s is an error that says what to do', async (_, message, damage) => {
  await damage();
  const opened = createProcessor(folder);
  await expect(opened).rejects.toMatchObject({
    name: 'CheckpointError',
    message: expect.stringMatching(message),
  });
});

test.skipIf(!existsSync(prototype))(
  'prompts of the prototype are those that transformers saw',
  async () => {
    await using processor = await createProcessor(prototype);
    const lines = async (name: string): Promise<any[]> =>
      (await readFile(join(prototype, 'samples', name), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const replies = new Map((await lines('greedy-transformers.jsonl')).map((l) => [l.id, l]));
    const samples = await lines('samples.jsonl');
    for (const { id, image, question, answer } of samples) {
      const images = [await openImage(join(prototype, 'samples', image))];
      const problem = { id, question: `<image>\n${question}`, images, answer, category: '' };
      const { prompt } = processor.problemPrompt(problem, 'default');
      expect([...promptIds(prompt, processor.ids.imagePad)]).toEqual(replies.get(id).promptIds);
    }
    expect(samples).toHaveLength(420);
  },
);
