import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { FileMetaData } from 'hyparquet';
import { expect, test } from 'vitest';
import { joinedRow, splitColumns } from './parquet-columns.ts';

const fixtures = new URL('../../test/fixtures/data/parquet/', import.meta.url);

function split(name: string, atLeast: number) {
  const bytes = readFileSync(fileURLToPath(new URL(`${name}.parquet`, fixtures)));
  const metadata = parquetMetadata(new Uint8Array(bytes).buffer);
  const [group] = metadata.row_groups;
  if (group === undefined) throw new Error('expected rows');
  return splitColumns(metadata, group, parquetSchema(metadata), atLeast);
}

const leaves = (metadata: FileMetaData | undefined) =>
  metadata?.row_groups[0]?.columns.map(({ meta_data }) => meta_data?.path_in_schema.join('.'));

test('the names of pictures are read apart from their bytes, once for all stretches', () => {
  const { large, small } = split('pages-v1', 4096);
  expect(leaves(large)).toEqual(['image.bytes']);
  expect(leaves(small)).toEqual(['id', 'question', 'answer', 'image.path']);
  const tree = large && parquetSchema(large);
  expect(tree?.children.map(({ element }) => element.name)).toEqual(['image']);
  expect(tree?.children[0]?.children.map(({ element }) => element.name)).toEqual(['bytes']);
});

test('a list goes as a whole, and without a large column nothing is set apart', () => {
  const { large, small } = split('lists-v1', 4096);
  expect(leaves(large)).toEqual(['image.list.element.bytes', 'image.list.element.path']);
  expect(leaves(small)).toEqual(['id', 'question', 'answer']);
  expect(split('pages-v1', 1e9)).toMatchObject({ large: undefined, bytes: 0 });
});

test('a row gets the columns of both back, also within a struct; none stays none', () => {
  const bytes = Uint8Array.of(1);
  expect(joinedRow({ id: 'a', image: { path: 'p' } }, { image: { bytes } })).toEqual({
    id: 'a',
    image: { path: 'p', bytes },
  });
  expect(joinedRow({ image: null }, { image: null })).toEqual({ image: null });
  expect(joinedRow(undefined, { image: bytes })).toEqual({ image: bytes });
});
