import { expect, test } from 'vitest';
import { liveTensors } from '#tensor';
import { SumTrainer } from './train-sums.ts';

function losses(seed: number, steps: number): readonly number[] {
  using trainer = new SumTrainer(seed, steps);
  return Array.from({ length: steps }, (_, step) => trainer.step(step).loss);
}

test('the loss falls, from that of guessing among twelve tokens', () => {
  const falling = losses(1, 40);
  expect(falling[0]).toBeCloseTo(Math.log(12), 0);
  expect(falling.at(-1)).toBeLessThan(1.9);
});

test('the same seed gives the same losses, another seed others', () => {
  const [first, again, other] = [losses(1, 3), losses(1, 3), losses(2, 3)];
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
});

test('no tensor outlives the training, and as many live after a step as before it', () => {
  const before = liveTensors();
  {
    using trainer = new SumTrainer(1, 10);
    trainer.step(0);
    const during = liveTensors();
    trainer.step(1);
    trainer.accuracy();
    expect(liveTensors()).toBe(during);
  }
  expect(liveTensors()).toBe(before);
});

test('before training, sums come out right about never', () => {
  using trainer = new SumTrainer(1, 1);
  expect(trainer.accuracy()).toBeLessThan(0.05);
});
