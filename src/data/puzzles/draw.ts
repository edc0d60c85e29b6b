import type { Chance } from '../random.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, inked } from './font.ts';
import { PLACE } from './place-size.ts';
import type { Bar, Color, Place, Scene, Shape } from './scene.ts';

type Rgb = readonly [number, number, number];

const INKS: Readonly<Record<Color, Rgb>> = {
  red: [220, 40, 40],
  green: [40, 170, 60],
  blue: [50, 80, 220],
  yellow: [235, 210, 40],
  purple: [150, 50, 170],
  orange: [245, 140, 30],
};
const NEARLY_BLACK: Rgb = [25, 25, 25];
const INK_DEVIATION = 9;
const NOISE_DEVIATION = 6;

/** Pixels of a scene, [28 n, 28 n, 3]: grey ground, shifted inks, shapes off their centres, noise. */
export function draw(scene: Scene, chance: Chance): Uint8Array {
  const size = scene.n * PLACE;
  const canvas = { size, rgb: new Uint8Array(size * size * 3) };
  const grey = Math.round(chance.between(215, 255));
  canvas.rgb.fill(grey);
  if (scene.bars === undefined) {
    for (const [at, place] of scene.places.entries()) {
      const corner = { x: (at % scene.n) * PLACE, y: Math.floor(at / scene.n) * PLACE };
      drawPlace(canvas, place, corner, chance);
    }
  } else {
    for (const [column, bar] of scene.bars.entries()) {
      drawBar(canvas, bar, { column, unit: scene.unit ?? 1 }, chance);
    }
  }
  addNoise(canvas.rgb, chance);
  return canvas.rgb;
}

interface Canvas {
  readonly size: number;
  readonly rgb: Uint8Array;
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

function drawPlace(canvas: Canvas, place: Place, { x, y }: Corner, chance: Chance): void {
  if (place.kind === 'shape') {
    const radius = chance.between(7, 10.5);
    const centre = {
      x: x + PLACE / 2 + chance.between(-3, 3),
      y: y + PLACE / 2 + chance.between(-3, 3),
    };
    const within = FORMS[place.shape];
    const rgb = ink(place.color, chance);
    // A shape never leaves its place, so one visual token sees all of it.
    for (let row = y; row < y + PLACE; row++) {
      for (let column = x; column < x + PLACE; column++) {
        const [across, down] = [column + 0.5 - centre.x, row + 0.5 - centre.y];
        if (within(across / radius, down / radius)) paint(canvas, column, row, rgb);
      }
    }
  } else if (place.kind === 'digit') {
    const rgb = ink(place.color, chance);
    drawGlyph(canvas, { glyph: String(place.digit), rgb }, { x, y }, chance);
  } else if (place.kind === 'unknown') {
    drawGlyph(canvas, { glyph: '?', rgb: NEARLY_BLACK }, { x, y }, chance);
  }
}

/** Whether a point belongs to the shape; units of the radius, from the centre, down positive. */
const FORMS: Readonly<Record<Shape, (x: number, y: number) => boolean>> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.86,
  triangle: (x, y) => y >= -0.9 && y <= 0.8 && Math.abs(x) <= (y + 0.9) / 1.7,
  cross: (x, y) =>
    Math.max(Math.abs(x), Math.abs(y)) <= 0.95 && Math.min(Math.abs(x), Math.abs(y)) <= 0.32,
};

function drawGlyph(
  canvas: Canvas,
  { glyph, rgb }: { readonly glyph: string; readonly rgb: Rgb },
  { x, y }: Corner,
  chance: Chance,
): void {
  const left = x + 9 + chance.below(11) - 5;
  const top = y + 7 + chance.below(9) - 4;
  for (let row = 0; row < 2 * GLYPH_HEIGHT; row++) {
    for (let column = 0; column < 2 * GLYPH_WIDTH; column++) {
      if (inked(glyph, column >> 1, row >> 1)) paint(canvas, left + column, top + row, rgb);
    }
  }
}

function drawBar(
  canvas: Canvas,
  { color, height }: Bar,
  { column, unit }: { readonly column: number; readonly unit: number },
  chance: Chance,
): void {
  const width = 12 + chance.below(9);
  const left = column * PLACE + 4 + chance.below(PLACE - 8 - width + 1);
  const bottom = canvas.size - 3;
  const rgb = ink(color, chance);
  for (let y = bottom - height * unit; y < bottom; y++) {
    for (let x = left; x < left + width; x++) paint(canvas, x, y, rgb);
  }
}

function ink(color: Color, chance: Chance): Rgb {
  const [red, green, blue] = INKS[color];
  const shifted = (value: number): number =>
    Math.max(0, Math.min(255, Math.round(value + INK_DEVIATION * chance.normal())));
  return [shifted(red), shifted(green), shifted(blue)];
}

function paint({ size, rgb }: Canvas, x: number, y: number, [red, green, blue]: Rgb): void {
  const at = (y * size + x) * 3;
  rgb[at] = red;
  rgb[at + 1] = green;
  rgb[at + 2] = blue;
}

let noise: Int8Array | undefined;

/** Rounded N(0, 6) noise on every channel, clipped. Sixteen random bits look one value up. */
function addNoise(rgb: Uint8Array, chance: Chance): void {
  noise ??= noiseTable();
  const table = noise;
  const words = chance.words(Math.ceil(rgb.length / 2));
  const bits = new Uint16Array(words.buffer);
  for (let at = 0; at < rgb.length; at++) {
    const value = (rgb[at] ?? 0) + (table[bits[at] ?? 0] ?? 0);
    rgb[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/** 65,536 equally likely values: each whole number as often as the normal law says. */
function noiseTable(): Int8Array {
  const table = new Int8Array(2 ** 16);
  let start = 0;
  for (let value = -26; value <= 26; value++) {
    const end =
      value === 26
        ? table.length
        : Math.round(below((value + 0.5) / NOISE_DEVIATION) * table.length);
    table.fill(value, start, end);
    start = end;
  }
  return table;
}

/** The share of a normal law below z (Abramowitz and Stegun 7.1.26; wrong by at most 1e-7). */
function below(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}
