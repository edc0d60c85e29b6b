import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Which room may open which; `type x` marks a door that only types may pass. */
const doors: Record<string, readonly string[]> = {
  'tensor/waiting': [],
  tensor: ['tensor/waiting'],
  data: [],
  verify: [],
  run: [],
  nn: ['tensor'],
  'model/processor': ['data'],
  model: ['tensor', 'nn', 'data', 'model/processor'],
  sampler: ['tensor', 'nn', 'model', 'model/processor'],
  policy: ['type data', 'type run', 'type model/processor', 'type sampler'],
  'policy/local': [
    'tensor',
    'tensor/waiting',
    'nn',
    'model',
    'model/processor',
    'sampler',
    'type data',
    'type policy',
    'type run',
  ],
  pretrain: ['tensor', 'nn', 'data', 'model', 'model/processor', 'run', 'type policy'],
  rl: ['data', 'type verify', 'type run', 'type policy'],
  configs: ['rl'],
  eval: ['data', 'verify', 'type run', 'type policy'],
  report: ['run', 'eval'],
  ablate: ['run', 'report'],
};
const rooms = [...Object.keys(doors), 'cli'];

const root = fileURLToPath(new URL('../src', import.meta.url));
const imports =
  /\b(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

function roomOf(file: string): string {
  const folders = relative(root, dirname(file)).split(sep).join('/');
  const inside = rooms.filter((room) => folders === room || folders.startsWith(`${room}/`));
  return inside.sort((a, b) => b.length - a.length)[0] ?? folders;
}

/** The sentence that says why `file` may not import `target`, or undefined when it may. */
function complaint(file: string, target: string, typeOnly: boolean): string | undefined {
  const name = relative(root, file);
  const room = roomOf(file);
  if (!rooms.includes(room)) return `${name}: ${room} is no room; add it to the table or move it`;
  if (target.startsWith('.')) {
    const there = roomOf(join(dirname(file), target));
    return there === room ? undefined : `${name}: ${target} is in ${there}; go through its door`;
  }
  if (!target.startsWith('#') || room === 'cli') return undefined;
  const allowed = doors[room] ?? [];
  if (allowed.includes(target.slice(1))) return undefined;
  if (!allowed.includes(`type ${target.slice(1)}`))
    return `${name}: ${room} may not open ${target}`;
  return typeOnly ? undefined : `${name}: ${room} may not open ${target} for values`;
}

function complaints(file: string, source: string): readonly string[] {
  return [...source.matchAll(imports)].flatMap(([, type, from, bare, dynamic]) => {
    const found = complaint(file, from ?? bare ?? dynamic ?? '', type !== undefined);
    return found === undefined ? [] : [found];
  });
}

test('every room opens only the doors of the table', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(0);
  const found = files.flatMap((file) =>
    complaints(join(root, file), readFileSync(join(root, file), 'utf8')),
  );
  expect(found).toEqual([]);
});

test('the door test sees value, type, multi-line, dynamic and deep imports', () => {
  const file = join(root, 'rl/rethink.ts');
  const source = `
    import type { Policy } from '#policy';
    import {
      sample,
    } from '#policy/local';
    import { x } from '../verify/choice.ts';
    const y = await import('#tensor');
    import { z } from '#policy';
    export { w } from '#data';`;
  expect(complaints(file, source)).toEqual([
    'rl/rethink.ts: rl may not open #policy/local',
    'rl/rethink.ts: ../verify/choice.ts is in verify; go through its door',
    'rl/rethink.ts: rl may not open #tensor',
    'rl/rethink.ts: rl may not open #policy for values',
  ]);
});
