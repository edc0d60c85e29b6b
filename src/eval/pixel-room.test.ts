import { expect, test } from 'vitest';
import { PixelRoom } from './pixel-room.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('whoever finds no room waits in order, and something too large enters alone', async () => {
  const room = new PixelRoom(10);
  const log: string[] = [];
  const come = async (name: string, bytes: number): Promise<Disposable> => {
    const place = await room.enter(bytes);
    log.push(name);
    return place;
  };
  const first = await come('six', 6);
  const others = [come('five', 5), come('one', 1), come('thirty', 30), come('none', 0)] as const;
  await settled();
  expect(log).toEqual(['six']);
  first[Symbol.dispose]();
  await settled();
  expect(log).toEqual(['six', 'five', 'one']);
  (await others[0])[Symbol.dispose]();
  await settled();
  expect(log).toHaveLength(3);
  (await others[1])[Symbol.dispose]();
  await settled();
  expect(log.slice(3)).toEqual(['thirty']);
  (await others[2])[Symbol.dispose]();
  (await others[3])[Symbol.dispose]();
  expect(log.slice(3)).toEqual(['thirty', 'none']);
});
