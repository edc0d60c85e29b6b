import { RowFault, describe } from './cells.ts';

/** A picture as a cell holds it: a path or address to look up, or the bytes of an encoded file. */
export type PictureCell =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * The pictures of a cell: a path, a data URL, bytes, a struct `{ bytes, path }` (the path counts where
 * the bytes are null), or a list of these; null and empty texts are none.
 *
 * @throws RowFault for anything else.
 */
export function pictureCells(value: unknown, column: string): readonly PictureCell[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value.flatMap((each) => pictureCells(each, column));
  if (typeof value === 'string') {
    const data = /^data:[^,]*;base64,(.*)$/is.exec(value)?.[1];
    if (data === undefined) return [{ kind: 'path', path: value }];
    return [{ kind: 'bytes', bytes: Buffer.from(data, 'base64') }];
  }
  if (value instanceof Uint8Array)
    return value.length === 0 ? [] : [{ kind: 'bytes', bytes: value }];
  if (typeof value === 'object' && ('bytes' in value || 'path' in value)) {
    const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
    if (bytes instanceof Uint8Array && bytes.length > 0) return [{ kind: 'bytes', bytes }];
    if (typeof path === 'string' && path !== '') return [{ kind: 'path', path }];
    if ((bytes ?? null) === null && (path ?? null) === null) return [];
  }
  throw new RowFault(
    `column ${column}: expected a path, bytes, { bytes, path } or a list of them, ` +
      `found ${describe(value)}`,
  );
}
