import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

import { z } from 'zod';

import type { ImageRef } from '#data';
import { ChatTemplate, chatPrompt, promptIds, Tokenizer, tokenizerJson } from '#model/processor';
import type { ChatTools, Message, Part } from '#model/processor';

import { failure, summed } from './parity-check.ts';
import type { ParityResult } from './parity-check.ts';

const ids = z.array(z.int());
const manifestSchema = z.looseObject({
  format: z.literal(1),
  name: z.string(),
  tokenizer: z.looseObject({
    npm: z.string().optional(),
    version: z.string().optional(),
    file: z.string(),
    sha256: z.string(),
  }),
  addedTokens: z.record(z.string(), z.int()),
  chatTemplate: z.string(),
  texts: z.string(),
  chats: z.string(),
  textCount: z.int(),
  chatCount: z.int(),
});
type Manifest = z.output<typeof manifestSchema>;
// Strict: a field we do not know would go unchecked.
const textSchema = z.strictObject({
  text: z.string(),
  ids,
  decoded: z.string(),
  decodedWithoutSpecial: z.string().optional(),
});
const partSchema = z.union([
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image'), image: z.string().optional() }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.unknown() }),
]);
const chatSchema = z.strictObject({
  name: z.string(),
  messages: z.array(
    z.strictObject({
      role: z.enum(['system', 'user', 'assistant', 'tool']),
      content: z.union([z.string(), z.array(partSchema)]),
    }),
  ),
  addGenerationPrompt: z.boolean(),
  addVisionId: z.boolean().default(false),
  grids: z.array(z.tuple([z.int(), z.int(), z.int()])).default([]),
  rendered: z.string(),
  ids,
});
type Chat = z.output<typeof chatSchema>;

/** Checks a fixture of kind `tokenizer`: texts there and back, and conversations to ids. */
export async function* checkTokenizer(
  folder: string,
  manifest: unknown,
): AsyncIterable<ParityResult> {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    yield failure(folder, 'manifest', z.prettifyError(parsed.error));
    return;
  }
  const { data } = parsed;
  try {
    const tokenizer = await openTokenizer(folder, data);
    yield* checkAdded(data, tokenizer);
    yield* await checkTexts(folder, data, tokenizer);
    yield* await checkChats(folder, data, tokenizer);
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    yield failure(data.name, 'fixture', reason);
  }
}

/** The tokenizer lies in the fixture, or in an installed npm package; its hash must be right. */
async function openTokenizer(folder: string, { tokenizer }: Manifest): Promise<Tokenizer> {
  const { npm, version, file, sha256 } = tokenizer;
  const require = createRequire(import.meta.url);
  const installed = npm === undefined ? [] : (require.resolve.paths(npm) ?? []);
  const places = [
    join(folder, basename(file)),
    ...installed.map((modules) => join(modules, npm ?? '', file)),
  ];
  for (const place of places) {
    const bytes = await readFile(place).catch(() => undefined);
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256)
      continue;
    return new Tokenizer(tokenizerJson.parse(JSON.parse(bytes.toString('utf8'))));
  }
  throw new Error(
    `expected ${basename(file)} with SHA-256 ${sha256} in ${folder} or in the npm package ${npm}, ` +
      `found none; run npm install --no-save ${npm}@${version}`,
  );
}

function* checkAdded(manifest: Manifest, tokenizer: Tokenizer): Iterable<ParityResult> {
  const outcomes = Object.entries(manifest.addedTokens).map(([text, id]) => {
    const found = tokenizer.encode(text, 'tokens');
    const equal = found.length === 1 && found[0] === id;
    return { label: text, equal, note: `expected ${id}, found ${found.join(' ')}` };
  });
  yield* summed({ case: manifest.name, quantity: 'addedTokens' }, outcomes);
}

async function checkTexts(
  folder: string,
  { name, texts: file, textCount }: Manifest,
  tokenizer: Tokenizer,
): Promise<readonly ParityResult[]> {
  const texts = z.array(textSchema).parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
  if (texts.length !== textCount) {
    return [failure(name, 'texts', `expected ${textCount}, found ${texts.length}`)];
  }
  const quantities = {
    'texts/ids': ({ text, ids }: (typeof texts)[number]) =>
      outcome(text, [...tokenizer.encode(text, 'tokens')], ids),
    'texts/decoded': ({ text, ids, decoded }: (typeof texts)[number]) =>
      outcome(text, tokenizer.decode(ids, true), decoded),
    'texts/decodedWithoutSpecial': (found: (typeof texts)[number]) =>
      outcome(
        found.text,
        tokenizer.decode(found.ids),
        found.decodedWithoutSpecial ?? found.decoded,
      ),
  };
  return Object.entries(quantities).flatMap(([quantity, check]) => [
    ...summed({ case: name, quantity }, texts.map(check)),
  ]);
}

async function checkChats(
  folder: string,
  manifest: Manifest,
  tokenizer: Tokenizer,
): Promise<readonly ParityResult[]> {
  const { name, chatCount } = manifest;
  const file = join(folder, manifest.chats);
  const chats = z.array(chatSchema).parse(JSON.parse(await readFile(file, 'utf8')));
  if (chats.length !== chatCount) {
    return [failure(name, 'chats', `expected ${chatCount}, found ${chats.length}`)];
  }
  const template = new ChatTemplate(manifest.chatTemplate);
  const rendered = chats.map((chat) =>
    outcome(chat.name, template.render(messagesOf(chat), chat), chat.rendered),
  );
  const tokens = chats.map((chat) =>
    outcome(chat.name, chatIds(chat, { tokenizer, template }, manifest), chat.ids),
  );
  return [
    ...summed({ case: name, quantity: 'chats/rendered' }, rendered),
    ...summed({ case: name, quantity: 'chats/ids' }, tokens),
  ];
}

function outcome<T>(
  label: string,
  found: T,
  expected: T,
): { readonly label: string; readonly equal: boolean; readonly note: string } {
  const [ours, theirs] = [JSON.stringify(found), JSON.stringify(expected)];
  const note = `expected ${theirs.slice(0, 200)}, found ${ours.slice(0, 200)}`;
  return { label: JSON.stringify(label.slice(0, 40)), equal: ours === theirs, note };
}

/** Pictures are stand-ins that carry their number in place of a hash. */
function messagesOf({ messages }: Chat): readonly Message[] {
  let images = 0;
  const part = (found: z.output<typeof partSchema>): Part =>
    found.type === 'text'
      ? { kind: 'text', text: found.text }
      : { kind: 'image', image: { hash: String(images++), source: '', width: 1, height: 1 } };
  return messages.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? content : content.map(part),
  }));
}

/** In these fixtures special tokens inside texts act as tokens, and grids are given. */
function chatIds(
  chat: Chat,
  tools: Pick<ChatTools, 'tokenizer' | 'template'>,
  manifest: Manifest,
): readonly number[] {
  const imagePad = manifest.addedTokens['<|image_pad|>'] ?? -1;
  const imageChunk: ChatTools['imageChunk'] = (image: ImageRef) => {
    const [t, h, w] = chat.grids[Number(image.hash)] ?? [0, 0, 0];
    return { kind: 'image', image, grid: { t, h, w }, length: (t * h * w) / 4 };
  };
  const options = { ...chat, special: 'tokens' } as const;
  const prompt = chatPrompt(messagesOf(chat), { ...tools, imagePad, imageChunk }, options);
  return [...promptIds(prompt, imagePad)];
}
