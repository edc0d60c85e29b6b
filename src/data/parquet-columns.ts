import type { ColumnChunk, FileMetaData, RowGroup, SchemaElement, SchemaTree } from 'hyparquet';

import type { Row } from './rows.ts';

/** A file's metadata, apart for columns that are read in stretches and for the small ones beside them. */
export interface SplitColumns {
  /** Undefined where no column is large. */
  readonly large: FileMetaData | undefined;
  readonly small: FileMetaData | undefined;
  /** Uncompressed bytes of the large columns of the group. */
  readonly bytes: number;
}

/**
 * Sets columns of more than some bytes in a row group apart, those within structs one by one: beside the
 * bytes of pictures lie their names, whose dictionary would be decoded again for every stretch. Lists go
 * as a whole, and lists of lists, which have no page index here, with the small columns.
 */
export function splitColumns(
  metadata: FileMetaData,
  { columns }: RowGroup,
  tree: SchemaTree,
  atLeast: number,
): SplitColumns {
  const sizes = new Map<string, { bytes: number; depth: number }>();
  const listed = new Set<string>();
  for (const column of columns) if (listDepth(tree, column) > 0) listed.add(topOf(column));
  const nameOf = (column: ColumnChunk): string =>
    listed.has(topOf(column)) ? topOf(column) : keyOf(pathOf(column));
  for (const column of columns) {
    const { bytes, depth } = sizes.get(nameOf(column)) ?? { bytes: 0, depth: 0 };
    sizes.set(nameOf(column), {
      bytes: bytes + Number(column.meta_data?.total_uncompressed_size ?? 0n),
      depth: Math.max(depth, listDepth(tree, column)),
    });
  }
  const large = new Set<string>();
  let total = 0;
  for (const column of columns) {
    const { bytes, depth } = sizes.get(nameOf(column)) ?? { bytes: 0, depth: 0 };
    if (bytes <= atLeast || depth > 1) continue;
    large.add(keyOf(pathOf(column)));
    total += Number(column.meta_data?.total_uncompressed_size ?? 0n);
  }
  return {
    large: large.size === 0 ? undefined : withColumns(metadata, (path) => large.has(path)),
    small:
      large.size === columns.length ? undefined : withColumns(metadata, (path) => !large.has(path)),
    bytes: total,
  };
}

/** A row with the columns of both; a struct has the columns of both within. */
export function joinedRow(small: Row | undefined, large: Row): Row {
  const joined: Record<string, unknown> = { ...small };
  for (const [name, value] of Object.entries(large)) {
    const beside = joined[name];
    joined[name] = isStruct(value) && isStruct(beside) ? joinedRow(beside, value) : value;
  }
  return joined;
}

function isStruct(value: unknown): value is Row {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Date)
  );
}

/** How many lists a column lies in. */
export function listDepth(tree: SchemaTree, column: ColumnChunk): number {
  let node: SchemaTree | undefined = tree;
  let depth = 0;
  for (const name of pathOf(column)) {
    node = node?.children.find(({ element }) => element.name === name);
    if (node?.element.repetition_type === 'REPEATED') depth++;
  }
  return depth;
}

const pathOf = ({ meta_data: column }: ColumnChunk): readonly string[] =>
  column?.path_in_schema ?? [];
const keyOf = (path: readonly string[]): string => JSON.stringify(path);
const topOf = (column: ColumnChunk): string => keyOf(pathOf(column).slice(0, 1));

/** The metadata as if the file had some of its columns only. */
function withColumns(metadata: FileMetaData, keep: (path: string) => boolean): FileMetaData {
  const { schema, row_groups } = metadata;
  return {
    ...metadata,
    schema: prunedSchema(schema, keep),
    row_groups: row_groups.map((group) => ({
      ...group,
      columns: group.columns.filter((column) => keep(keyOf(pathOf(column)))),
    })),
  };
}

/** Elements stand parents first, each with the number of its children. */
function prunedSchema(
  schema: readonly SchemaElement[],
  keep: (path: string) => boolean,
): SchemaElement[] {
  let at = 0;
  const visit = (path: readonly string[]): SchemaElement[] => {
    const element = schema[at++];
    if (element === undefined) return [];
    const { name, num_children: children } = element;
    const own = at === 1 ? [] : [...path, name];
    if (children === undefined || children === 0) return keep(keyOf(own)) ? [element] : [];
    const kept = Array.from({ length: children }, () => visit(own)).filter(
      (each) => each.length > 0,
    );
    const isRoot = own.length === 0;
    if (kept.length === 0 && !isRoot) return [];
    return [{ ...element, num_children: kept.length }, ...kept.flat()];
  };
  return visit([]);
}
