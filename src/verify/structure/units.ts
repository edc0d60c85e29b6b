import { atFirstUse } from '../at-first-use.ts';

/** A product of base units: how often each occurs, and the factor to the base. */
export interface Unit {
  /** Base units in alphabetical order with their powers: `metre^1 second^-1`. */
  readonly dimension: string;
  /** Numerator and denominator of the factor to base units. */
  readonly n: bigint;
  readonly d: bigint;
  readonly name: string;
}

interface Atom {
  readonly base: string;
  readonly power: number;
  readonly n: bigint;
  readonly d: bigint;
}

/** Unit names with their base unit and factor; `base` may carry a power (a litre is a cubed decimetre). */
const rows: readonly (readonly [
  names: string,
  base: string,
  n: number,
  d: number,
  power?: number,
])[] = [
  ['mm millimeter millimetre', 'metre', 1, 1000],
  ['cm centimeter centimetre', 'metre', 1, 100],
  ['dm decimeter decimetre', 'metre', 1, 10],
  ['m meter metre mtr', 'metre', 1, 1],
  ['km kilometer kilometre', 'metre', 1000, 1],
  ['nm nanometer nanometre', 'metre', 1, 1_000_000_000],
  ['in inch inches', 'metre', 254, 10_000],
  ['ft foot feet', 'metre', 3048, 10_000],
  ['yd yard', 'metre', 9144, 10_000],
  ['mi mile', 'metre', 1_609_344, 1000],
  ['mg milligram', 'gram', 1, 1000],
  ['g gm gram', 'gram', 1, 1],
  ['kg kilogram kgs', 'gram', 1000, 1],
  ['t ton tonne', 'gram', 1_000_000, 1],
  ['lb lbs pound', 'pound', 1, 1],
  ['oz ounce', 'ounce', 1, 1],
  ['ms millisecond', 'second', 1, 1000],
  ['s sec second', 'second', 1, 1],
  ['min mins minute', 'second', 60, 1],
  ['h hr hrs hour', 'second', 3600, 1],
  ['day', 'second', 86_400, 1],
  ['week', 'second', 604_800, 1],
  ['month', 'month', 1, 1],
  ['year yr yrs', 'month', 12, 1],
  ['ml mL milliliter millilitre cc', 'metre', 1, 1_000_000, 3],
  ['cl centiliter centilitre', 'metre', 1, 100_000, 3],
  ['l L liter litre', 'metre', 1, 1000, 3],
  ['hectare ha', 'metre', 10_000, 1, 2],
  ['acre', 'acre', 1, 1],
  ['gal gallon', 'gallon', 1, 1],
  ['cent cents', 'dollar', 1, 100],
  ['dollar dollars USD usd', 'dollar', 1, 1],
  ['€ euro euros EUR', 'euro', 1, 1],
  ['£ pounds GBP', 'sterling', 1, 1],
  ['¥ yen yuan RMB', 'yen', 1, 1],
  ['₹ rupee rupees Rs rs INR', 'rupee', 1, 1],
  ['J joule joules', 'joule', 1, 1],
  ['kJ kilojoule kilojoules', 'joule', 1000, 1],
  ['N newton newtons', 'newton', 1, 1],
  ['W watt watts', 'watt', 1, 1],
  ['kW kilowatt kilowatts', 'watt', 1000, 1],
  ['V volt volts', 'volt', 1, 1],
  ['A amp amps ampere amperes', 'ampere', 1, 1],
  ['Pa pascal', 'pascal', 1, 1],
  ['kPa kilopascal', 'pascal', 1000, 1],
  ['Hz hertz', 'hertz', 1, 1],
  ['K kelvin', 'kelvin', 1, 1],
  ['mol mole', 'mole', 1, 1],
  ['ohm ohms', 'ohm', 1, 1],
];

/** Units written as one word that are quotients of others. */
const quotients: ReadonlyMap<string, readonly string[]> = new Map([
  ['mph', ['mile', '/', 'hour']],
  ['kmph', ['km', '/', 'h']],
  ['kph', ['km', '/', 'h']],
  ['kmh', ['km', '/', 'h']],
  ['fps', ['foot', '/', 's']],
]);

/** Words with quotients spelled out; `ms^-1` and `ms^-2` are metres per second, no milliseconds. */
function spelledOut(words: readonly string[]): readonly string[] {
  return words.flatMap((word, at) => {
    if (word === 'ms' && words[at + 1] === '^' && words[at + 2]?.startsWith('-') === true)
      return ['m', 's'];
    return quotients.get(word.toLowerCase()) ?? [word];
  });
}

const atoms = atFirstUse<ReadonlyMap<string, Atom>>(
  () =>
    new Map(
      rows.flatMap(([names, base, n, d, power = 1]) =>
        names.split(' ').flatMap((name) => {
          const atom: Atom = { base, power, n: BigInt(n), d: BigInt(d) };
          return name.length > 2 && !name.endsWith('s')
            ? [[name, atom] as const, [`${name}s`, atom] as const]
            : [[name, atom] as const];
        }),
      ),
    ),
);

const unitWordPattern = atFirstUse(() => new RegExp('^[\\p{L}€£¥₹$]+$', 'u'));

/** Words that are dropped wherever they stand: they measure nothing that could differ. */
const empty: ReadonlySet<string> = new Set(
  'unit units degree degrees deg of a the each total in'.split(' '),
);

/** Words that make what they precede or follow no unit but a sentence. */
const prose: ReadonlySet<string> = new Set(
  'is are was were be not no none if when where then than but more less least most fewer greater smaller larger because so thus therefore which that this it we has have can cannot will would does do only either neither both between from until unless maybe perhaps possibly zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety'.split(
    ' ',
  ),
);

const scales: ReadonlyMap<string, bigint> = new Map([
  ['hundred', 100n],
  ['thousand', 1000n],
  ['million', 1_000_000n],
  ['billion', 1_000_000_000n],
  ['trillion', 1_000_000_000_000n],
]);

/** `million` and its like. */
export function scaleOf(word: string): bigint | undefined {
  return scales.get(word.toLowerCase());
}

/** Whether a single plain letter after a number is read as a unit. */
export function isLetterUnit(letter: string): boolean {
  return 'mgshlLVWJNA'.includes(letter) && letter !== '';
}

/** Whether the table knows the word; unknown nouns are units only inside `\text{…}` or after a blank. */
export function isKnownUnit(word: string): boolean {
  const lower = word.toLowerCase();
  return atoms().has(word) || atoms().has(lower) || empty.has(lower) || quotients.has(lower);
}

/**
 * Reads words such as `square meters`, `cm^2`, `km/h`, `miles per hour`, `apples`. Null: they say
 * nothing (`units`). Undefined: they are prose and no unit.
 */
export function parseUnit(text: string): Unit | null | undefined {
  const words = spelledOut(
    text
      .replace(/[{}]/g, '')
      .replace(/([/^*·])/g, ' $1 ')
      .split(/[\s.]+|-(?=\D)/)
      .filter((word) => word !== ''),
  );
  if (words.length > 8 || words.length === 0) return words.length === 0 ? null : undefined;
  const state: UnitState = { n: 1n, d: 1n, powers: new Map(), sign: 1, next: 1 };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const used = unitWord(word, words.slice(at + 1), state);
    if (used === undefined) return undefined;
    at += used;
  }
  if (state.powers.size === 0) return null;
  const dimension = [...state.powers]
    .filter(([, power]) => power !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([base, power]) => `${base}^${power}`)
    .join(' ');
  return { dimension, n: state.n, d: state.d, name: words.join(' ') };
}

interface UnitState {
  n: bigint;
  d: bigint;
  readonly powers: Map<string, number>;
  /** −1 after `per` or a slash. */
  sign: 1 | -1;
  /** Power of the next unit: `square`, `cubic`. */
  next: number;
}

/** Takes one word into the state; the number of further words it used, undefined for prose. */
function unitWord(word: string, after: readonly string[], state: UnitState): number | undefined {
  const lower = word.toLowerCase();
  if (word === '/' || lower === 'per') {
    state.sign = -1;
    return 0;
  }
  if (word === '*' || word === '·' || word === '\\cdot') return 0;
  if (lower === 'square' || lower === 'sq' || lower === 'squared') {
    state.next = 2;
    return 0;
  }
  if (lower === 'cubic' || lower === 'cu') {
    state.next = 3;
    return 0;
  }
  if (empty.has(lower) && !(lower === 'in' && state.powers.size === 0))
    return after[0] === '^' ? 2 : 0;
  if (prose.has(lower) || !unitWordPattern().test(word)) return undefined;
  let power = state.next;
  let used = 0;
  if (after[0] === '^') {
    const exponent = Number(after[1]);
    if (!Number.isInteger(exponent) || Math.abs(exponent) > 9) return undefined;
    power *= exponent;
    used = 2;
  }
  state.next = 1;
  const atom = atoms().get(word) ?? atoms().get(lower);
  include(state, atom, singular(lower), power * state.sign);
  return used;
}

function include(state: UnitState, atom: Atom | undefined, noun: string, power: number): void {
  const base = atom?.base ?? noun;
  const total = (state.powers.get(base) ?? 0) + power * (atom?.power ?? 1);
  state.powers.set(base, total);
  if (atom === undefined) return;
  const size = BigInt(Math.abs(power));
  state.n *= (power > 0 ? atom.n : atom.d) ** size;
  state.d *= (power > 0 ? atom.d : atom.n) ** size;
}

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
