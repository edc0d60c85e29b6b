import { isOwnFrame } from './own-frames.ts';

/** Frames of this room that may lie between a caller and the birth of a tensor. */
const depth = 40;

/** File and line of the first caller outside this room: `loss.ts:41`. */
export function callersPlace(): string {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = depth;
  const frames = (new Error('place').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = usual;
  // Built-in functions such as Array.map have no place.
  const places = frames
    .filter((line) => !isOwnFrame(line))
    .flatMap((line) => /([^/\\()\s]+:\d+):\d+\)?$/.exec(line)?.[1] ?? []);
  return places[0] ?? 'unknown place';
}

/** How often each place occurs, the most frequent first. */
export function countByPlace(places: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}
