/**
 * Writes `src/tensor/tensor.generated.ts`: a typed wrapper per operator of `operators.ts`, made from
 * the schemas of the installed libtorch. `--check` compares instead and exits 1 on a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { native } from '../src/tensor/native.ts';
import { operators } from './operators.ts';
import { parseSchema, type Schema } from './parse-schema.ts';
import { wrapper } from './write-wrapper.ts';

const target = fileURLToPath(new URL('../src/tensor/tensor.generated.ts', import.meta.url));

function schemasByKey(): ReadonlyMap<string, Schema> {
  const found = new Map<string, Schema>();
  for (const line of native.schemas()) {
    const space = /^(aten|vl_rethinker)::/.exec(line)?.[0];
    if (space === undefined) continue;
    const schema = parseSchema(line);
    found.set(`${schema.name.slice(space.length)}:${schema.overload || '-'}`, schema);
  }
  return found;
}

/** Operators without overloads named in the list: the plain one, else the one marked `.Tensor`. */
function schemasOf(entry: string, known: ReadonlyMap<string, Schema>): readonly Schema[] {
  const [name = '', overloads = '-'] = entry.replace(/=.*/, '').split(':');
  return overloads.split(',').map((overload) => {
    const schema = known.get(`${name}:${overload}`) ?? known.get(`${name}:Tensor`);
    if (schema === undefined) throw new Error(`no schema for ${name}:${overload}`);
    return schema;
  });
}

function camel(name: string): string {
  return name.replaceAll(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

const preamble = `// Written by scripts/generate-ops.ts from libtorch's schemas; do not edit.
import * as composed from './composed.ts';
import { TensorCore } from './core.ts';
import { dtypeCode, type DType } from './dtype.ts';
import { native } from './native.ts';
import { rearrange } from './rearrange.ts';

const { call, resolve } = native;
/** The number of an operator, -1 where this libtorch lacks it. */
const find = (name: string, overload: string): number => {
  try {
    return resolve(name, overload);
  } catch {
    return -1;
  }
};
const wrap = (handle: unknown): Tensor => new Tensor(handle as number);
const wrapAll = (handles: unknown): Tensor[] => (handles as number[]).map(wrap);
const handleOf = (tensor: Tensor | null): number | null => tensor?.handle ?? null;
`;

const ownMethods = `  /**
   * Casts or moves; the same tensor when nothing changes: \`x.to('bf16')\`, \`x.to('cuda:0')\`.
   */
  to(target: DType | (string & {}), options?: { nonBlocking?: boolean }): Tensor {
    const dtype = dtypeCode(target as DType);
    if (typeof dtype === 'number') return this.dtype === target ? this : toDtype(this, target as DType);
    return this.device === target ? this : toCopy(this, { device: target, ...options });
  }
  /**
   * Reorders, splits and joins axes: \`x.rearrange('b t (h d) -> b h t d', { h: 8 })\`. Letters without
   * a size are inferred; steps that change nothing are skipped. Errors quote pattern, axis and shape.
   */
  rearrange(pattern: string, sizes?: Readonly<Record<string, number>>): Tensor {
    return rearrange(this, pattern, sizes);
  }
  /** Adds the gradient of this (a scalar unless \`grad\` is given) to \`.grad\` of the leaves. */
  backward(options?: { grad?: Tensor; retainGraph?: boolean; createGraph?: boolean; inputs?: readonly Tensor[] }): void {
    const inputs = options?.inputs?.map((input) => input.handle) ?? null;
    const grads = options?.grad === undefined ? null : [options.grad.handle];
    const create = options?.createGraph ?? false;
    native.backward([this.handle], grads, inputs, options?.retainGraph ?? create, create);
  }
  /** The accumulated gradient of a leaf as a tensor of its own, or null. */
  get grad(): Tensor | null {
    const handle = native.gradOf(this.handle);
    return handle === null ? null : wrap(handle);
  }
  set grad(value: Tensor | null) {
    native.setGrad(this.handle, handleOf(value));
  }
`;

function generate(): string {
  const known = schemasByKey();
  const wrappers = operators.map((entry) => {
    const name = entry.includes('=') ? entry.replace(/.*=/, '') : entry.replace(/:.*/, '');
    return wrapper(camel(name.replace(/^_/, '')), schemasOf(entry, known));
  });
  const functions = wrappers.map(({ code }) => code).join('\n');
  const methods = wrappers.flatMap(({ method }) => method ?? []).join('\n');
  const ids = [...new Set(wrappers.flatMap(({ ids }) => ids))].map(
    (id) => `let ${id}: number | undefined;`,
  );
  return `${preamble}\n${ids.join('\n')}\n\n${functions}
/** A tensor of libtorch. Methods are its operators; those ending in \`_\` change it in place. */
export class Tensor extends TensorCore {
${ownMethods}${methods}
}\n`;
}

const text = generate();
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error(
    'src/tensor/tensor.generated.ts: expected what scripts/generate-ops.ts writes for the installed ' +
      'libtorch, found something else; run `npm run generate` and look at the difference',
  );
  process.exitCode = 1;
}
