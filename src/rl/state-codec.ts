import type { Prompt, Sample } from './records.ts';
import { TrainError } from './setup.ts';
import type { TrainState } from './state.ts';

const format = 'vl-rethinker train state';
const version = 1;

/** A state with every sample once, by place; prompts are left out, for they follow from their problems. */
interface Packed extends Omit<TrainState, 'replay' | 'collected'> {
  readonly samples: readonly Omit<Sample, 'prompt'>[];
  readonly replay: readonly {
    readonly sample: number;
    readonly insertedAt: number;
    readonly iteration: number;
  }[];
  readonly collected:
    | (Omit<NonNullable<TrainState['collected']>, 'samples'> & {
        readonly samples: readonly number[];
      })
    | null;
}

interface Header {
  readonly format: string;
  readonly version: number;
  readonly arrays: readonly { readonly type: ArrayType; readonly length: number }[];
  readonly packed: unknown;
}

type ArrayType = 'i32' | 'f32';

/**
 * A state as bytes: the length of the header (u32), the header (JSON), then all typed arrays, little
 * endian, 4 bytes a number. The same state always gives the same bytes.
 */
export function encodeState(state: TrainState): Uint8Array {
  const arrays: (Int32Array | Float32Array)[] = [];
  const packed = pack(state);
  const body = JSON.stringify(packed, (_, value: unknown) => {
    if (!(value instanceof Int32Array) && !(value instanceof Float32Array)) return value;
    arrays.push(value);
    return { $array: arrays.length - 1 };
  });
  const header = JSON.stringify({
    format,
    version,
    arrays: arrays.map((array) => ({
      type: array instanceof Int32Array ? 'i32' : 'f32',
      length: array.length,
    })),
  });
  const head = Buffer.from(`${header.slice(0, -1)},"packed":${body}}`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const numbers = arrays.map((array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  );
  return Buffer.concat([length, head, ...numbers]);
}

/** The state that the bytes hold. `promptOf` renders a problem again. Throws on bytes of another format. */
export function decodeState(
  bytes: Uint8Array,
  promptOf: (problemId: string) => Prompt,
): TrainState {
  const header = headerOf(bytes);
  const arrays = arraysOf(bytes, header);
  const packed = revive(header.packed, arrays) as Packed;
  const prompts = new Map<string, Prompt>();
  const samples = packed.samples.map((sample): Sample => {
    const { problemId } = sample.rollout;
    const prompt = prompts.get(problemId) ?? promptOf(problemId);
    prompts.set(problemId, prompt);
    return { ...sample, prompt };
  });
  const at = (place: number): Sample => {
    const found = samples[place];
    if (found === undefined) throw new TrainError(`train state: sample ${place} is missing`);
    return found;
  };
  const { samples: _, replay, collected, ...rest } = packed;
  return {
    ...rest,
    replay: replay.map((entry) => ({ ...entry, sample: at(entry.sample) })),
    collected: collected === null ? null : { ...collected, samples: collected.samples.map(at) },
  };
}

function pack(state: TrainState): Packed {
  const places = new Map<string, number>();
  const samples: Omit<Sample, 'prompt'>[] = [];
  const placeOf = (sample: Sample): number => {
    const known = places.get(sample.id);
    if (known !== undefined) return known;
    places.set(sample.id, samples.length);
    const { prompt: _, ...rest } = sample;
    return samples.push(rest) - 1;
  };
  const { replay, collected, ...rest } = state;
  return {
    ...rest,
    collected:
      collected === null ? null : { ...collected, samples: collected.samples.map(placeOf) },
    replay: replay.map((entry) => ({ ...entry, sample: placeOf(entry.sample) })),
    samples,
  };
}

function headerOf(bytes: Uint8Array): Header {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.length < 4 ? -1 : view.readUInt32LE();
  const text = length > 0 && length + 4 <= view.length ? view.toString('utf8', 4, 4 + length) : '';
  const refuse = (found: string): never => {
    throw new TrainError(`train state: expected "${format}" version ${version}, found ${found}`);
  };
  if (!text.startsWith(`{"format":"${format}"`)) return refuse('something else');
  const header = JSON.parse(text) as Header;
  if (header.version !== version) return refuse(`version ${header.version}`);
  const size = header.arrays.reduce((sum, array) => sum + 4 * array.length, 4 + length);
  return size === view.length ? header : refuse(`${view.length} bytes where ${size} are told`);
}

function arraysOf(bytes: Uint8Array, { arrays }: Header): readonly (Int32Array | Float32Array)[] {
  const numbers = arrays.reduce((sum, { length }) => sum + length, 0);
  // Copied once, so that views are aligned whatever the bytes were cut from (a Buffer's own slice is no copy).
  const data = new Uint8Array(bytes.subarray(bytes.byteLength - 4 * numbers)).buffer;
  let offset = 0;
  return arrays.map(({ type, length }) => {
    const start = offset;
    offset += 4 * length;
    return type === 'i32'
      ? new Int32Array(data, start, length)
      : new Float32Array(data, start, length);
  });
}

function revive(value: unknown, arrays: readonly (Int32Array | Float32Array)[]): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => revive(item, arrays));
  if ('$array' in value) return arrays[Number(value.$array)];
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, revive(item, arrays)]),
  );
}
