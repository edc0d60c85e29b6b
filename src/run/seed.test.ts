import { expect, test } from 'vitest';
import { philox4x32 } from './philox.ts';
import { createSeed } from './seed.ts';

test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('philox gives the known answer for counter %j', (counter, [k0 = 0, k1 = 0], expected) => {
  const block = Uint32Array.from(counter);
  philox4x32(block, k0, k1);
  expect([...block]).toEqual(expected);
});

test('a draw depends on its path and on nothing drawn before [S10]', () => {
  const seed = createSeed(7);
  const alone = seed.at('replay', 3).stream().int(1000);
  seed.at('order', 1).stream().float();
  const other = seed.at('replay', 4).stream();
  for (let i = 0; i < 100; i++) other.uint32();
  expect(seed.at('replay', 3).stream().int(1000)).toBe(alone);
  expect(seed.at('replay').at(3).stream().int(1000)).toBe(alone);
});

test('different roots, names, numbers and types of part are different places', () => {
  const places = [
    createSeed(7),
    createSeed(8),
    createSeed('7'),
    createSeed(7).at(1),
    createSeed(7).at('1'),
    createSeed(7).at('a', 'b'),
    createSeed(7).at('ab'),
  ];
  expect(new Set(places.map((seed) => seed.toNumber())).size).toBe(places.length);
});

test('a path part that is no whole number is refused', () => {
  expect(() => createSeed(7).at(0.5)).toThrow('whole numbers, found 0.5');
  expect(() => createSeed(7).stream().int(0)).toThrow('found 0');
});

test('int is uniform, float lies in [0, 1)', () => {
  const random = createSeed(1).stream();
  const counts = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 70_000; i++) {
    const face = random.int(7);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  const chiSquared = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
  expect(chiSquared).toBeLessThan(22.5); // 99.9 % point of 6 degrees of freedom
  const floats = Array.from({ length: 10_000 }, () => random.float());
  expect(Math.min(...floats)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...floats)).toBeLessThan(1);
  expect(floats.reduce((a, b) => a + b) / 10_000).toBeCloseTo(0.5, 1);
});

test('a permutation holds every index once, and every order of three comes up evenly', () => {
  const seen = new Map<string, number>();
  for (let i = 0; i < 6_000; i++) {
    const order = createSeed(i).stream().permutation(3).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
});
