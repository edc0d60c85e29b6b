import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import type { ParityResult } from './parity-check.ts';
import { processorCheckers } from './parity-processor.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = join(root, 'test/fixtures/processor');
const shared = join(root, '../shared/data/parity');

async function results(folder: string): Promise<readonly ParityResult[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'fixture.json'), 'utf8'));
  const checker = processorCheckers[manifest.kind];
  if (checker === undefined) throw new Error(`no checker for ${manifest.kind}`);
  return Array.fromAsync(checker(folder, manifest));
}

const failures = (found: readonly ParityResult[]) => found.filter(({ pass }) => !pass);

test.each([
  ['images', 56],
  ['sizes', 1],
  ['tokenizer', 6],
])('our own fixture %s passes', async (name, count) => {
  const found = await results(join(own, name));
  expect(failures(found)).toEqual([]);
  expect(found).toHaveLength(count);
});

test.skipIf(!existsSync(shared)).each([
  ['images', 101],
  ['smart-resize', 1],
  ['tokenizer', 6],
])('the shared fixture %s passes', async (name, count) => {
  const found = await results(join(shared, name));
  expect(failures(found)).toEqual([]);
  expect(found).toHaveLength(count);
});

/** Results of a copy of one of our fixtures after `edit` changed its manifest. */
async function edited(
  name: string,
  edit: (manifest: any, folder: string) => void | Promise<void>,
): Promise<readonly ParityResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    await cp(join(own, name), folder, { recursive: true });
    const path = join(folder, 'fixture.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    await edit(manifest, folder);
    await writeFile(path, JSON.stringify(manifest));
    return failures(await results(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('an unknown kind of case fails', async () => {
  const found = await edited('images', (manifest) => {
    manifest.cases[0].kind = 'film';
  });
  expect(found).toMatchObject([{ quantity: 'kind', note: 'unknown kind of case film' }]);
});

test('an unknown, an undeclared and an absent tensor fail', async () => {
  const found = await edited('images', (manifest) => {
    const { tensors } = manifest.cases.find(({ name }: any) => name === 'rgb.png');
    tensors.depth = { ...tensors.resized };
    tensors.resized_other = tensors.resized;
    delete tensors.resized;
  });
  expect(found.map(({ quantity }) => quantity).sort()).toEqual([
    'depth',
    'resized',
    'resized_other',
  ]);
});

test('a tensor that is there but that nobody knows fails', async () => {
  const found = await edited('images', (manifest) => {
    const { tensors } = manifest.cases.find(({ name }: any) => name === 'noise.png');
    tensors.pixel_rows.role = 'expected';
  });
  expect(found).toMatchObject([{ quantity: 'pixel_rows', note: 'unknown tensor' }]);
});

test('a wrong mean fails, and nothing else', async () => {
  const found = await edited('images', (manifest) => manifest.imageMean.reverse());
  expect(new Set(found.map(({ quantity }) => quantity))).toEqual(new Set(['pixel_values']));
});

test('other pixels, a size that should be refused, and a wrong size fail', async () => {
  const found = await edited('images', async (manifest, folder) => {
    const [first, second] = ['420.jpg', 'rgb.png'].map((name) => join(folder, 'files', name));
    await cp(second ?? '', first ?? '');
    manifest.cases.find(({ name }: any) => name === 'ratio-201.png').image = 'files/rgb.png';
  });
  expect(found.map(({ case: name, quantity }) => `${name} ${quantity}`)).toEqual([
    '420.jpg rgb',
    'ratio-201.png rejected',
  ]);
  const sizes = await edited('sizes', async (_, folder) => {
    const path = join(folder, 'table.json');
    const table = JSON.parse(await readFile(path, 'utf8'));
    table[0][4] += 28;
    await writeFile(path, JSON.stringify(table));
  });
  expect(sizes).toHaveLength(2);
});

/** A safetensors file with one tensor of bytes. */
function bytesFile(name: string, shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = JSON.stringify({
    [name]: { dtype: 'U8', shape, data_offsets: [0, bytes.length] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), bytes]);
}

test('alpha and orientation together equal no variant: one of them turned upright is asked for', async () => {
  // What a processor makes of an opened file lies on its side; of a file name it shows hidden colours.
  const variants = async (manifest: any, folder: string, names: readonly string[]) => {
    const found = manifest.cases.find(({ name }: any) => name === 'exif-6-alpha.png');
    const upright = (await readFile(join(folder, found.file))).subarray(-23 * 17 * 3);
    const lying = Buffer.alloc(upright.length);
    for (let y = 0; y < 17; y++) {
      for (let x = 0; x < 23; x++) {
        lying.set(upright.subarray((x * 17 + (16 - y)) * 3).subarray(0, 3), (y * 23 + x) * 3);
      }
    }
    await writeFile(join(folder, 'pil'), bytesFile('rgb', [17, 23, 3], lying));
    await writeFile(
      join(folder, 'path'),
      bytesFile('rgb', [23, 17, 3], Buffer.alloc(lying.length)),
    );
    manifest.cases = names.map((file) => {
      const [height, width] = file === 'pil' ? [17, 23] : [23, 17];
      const rgb = { ...found.tensors.rgb, shape: [height, width, 3] };
      return { ...found, name: file, variant: file, file, tensors: { rgb } };
    });
  };
  const both = await edited('images', (manifest, folder) =>
    variants(manifest, folder, ['path', 'pil']),
  );
  expect(both).toEqual([]);
  const hidden = await edited('images', (manifest, folder) => variants(manifest, folder, ['path']));
  expect(hidden).toMatchObject([{ case: 'path', quantity: 'rgb' }]);
});

test('a wrong id, an unknown field, a wrong count and another tokenizer fail', async () => {
  const rewrite = async (folder: string, edit: (texts: any[]) => void) => {
    const path = join(folder, 'texts.json');
    const texts = JSON.parse(await readFile(path, 'utf8'));
    edit(texts);
    await writeFile(path, JSON.stringify(texts));
  };
  const wrong = await edited('tokenizer', (_, folder) =>
    rewrite(folder, (texts) => {
      texts[3].ids[0] += 1;
    }),
  );
  expect(wrong.map(({ quantity }) => quantity)).toContain('texts/ids');
  const unknown = await edited('tokenizer', (_, folder) =>
    rewrite(folder, (texts) => {
      texts[3].offsets = [];
    }),
  );
  expect(unknown).toMatchObject([{ quantity: 'fixture' }]);
  const fewer = await edited('tokenizer', (_, folder) => rewrite(folder, (texts) => texts.pop()));
  expect(fewer).toMatchObject([{ quantity: 'texts' }]);
  const other = await edited('tokenizer', (manifest) => {
    manifest.tokenizer.sha256 = '0'.repeat(64);
  });
  expect(other).toMatchObject([{ quantity: 'fixture', note: expect.stringContaining('SHA-256') }]);
});
