import type { Io } from './command.ts';
import { truncate } from './text.ts';

/** What a progress display needs of the world. */
export type ProgressIo = Pick<Io, 'err' | 'columns' | 'color'>;

export interface ProgressOptions {
  /** Stands in front: what is being done. */
  readonly label: string;
  /** Pieces of work in all; undefined when nobody knows. */
  readonly total?: number;
  /** Name of a piece in the plural, for the rate: `tokens` gives `512 tokens/s`. */
  readonly unit?: string;
  /** Milliseconds; the process's clock unless told. */
  readonly now?: () => number;
  /** Milliseconds between lines on a pipe; 5000 unless told. */
  readonly everyMs?: number;
}

const redrawMs = 80;
const barColumns = 24;
/** Seconds over which the rate is averaged: old speed fades, the display stays calm. */
const memorySeconds = 10;

/** `1:05`, `2:03:04`: hours only where there are any. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Three significant digits, with k, M, G above a thousand. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const units = ['', 'k', 'M', 'G', 'T'];
  let power = 0;
  let rest = Math.abs(value);
  while (rest >= 999.5 && power < units.length - 1) {
    rest /= 1000;
    power++;
  }
  const digits = power === 0 && Number.isInteger(rest) ? 0 : rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${value < 0 ? '-' : ''}${rest.toFixed(digits)}${units[power]}`;
}

/**
 * A progress bar with rate and time left, on stderr. On a terminal one line is redrawn in place; on a
 * pipe plain lines appear, one every few seconds. `using` ends it, also when the work throws.
 */
export class Progress implements Disposable {
  #done = 0;
  #detail = '';
  #drawnAt: number | undefined;
  #rate: number | undefined;
  #rateAt: { readonly time: number; readonly done: number };
  #lastLine = '';
  #ended = false;
  readonly #start: number;
  readonly #io: ProgressIo;
  readonly #options: ProgressOptions;
  readonly #now: () => number;

  constructor(io: ProgressIo, options: ProgressOptions) {
    this.#io = io;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#start = this.#now();
    this.#rateAt = { time: this.#start, done: 0 };
    if (this.#live) this.#draw();
    else this.#drawnAt = this.#start;
  }

  get #live(): boolean {
    return this.#io.columns !== undefined;
  }

  /** Sets how much is done in all, and what to say behind the figures (a loss, a file). */
  update(done: number, detail?: string): void {
    this.#done = done;
    if (detail !== undefined) this.#detail = detail;
    const now = this.#now();
    this.#measure(now);
    const pause = this.#live ? redrawMs : (this.#options.everyMs ?? 5000);
    if (this.#drawnAt === undefined || now - this.#drawnAt >= pause) this.#draw();
  }

  /** One more piece, or several. */
  advance(count = 1, detail?: string): void {
    this.update(this.#done + count, detail);
  }

  /** A line of its own above the bar. */
  note(text: string): void {
    this.#io.err(this.#live && !this.#ended ? `\r\u001b[2K${text}\n` : `${text}\n`);
    if (this.#live && !this.#ended) this.#draw();
  }

  /** Draws the last state and leaves it standing. Later calls do nothing. */
  end(detail?: string): void {
    if (this.#ended) return;
    if (detail !== undefined) this.#detail = detail;
    this.#draw();
    if (this.#live) this.#io.err('\n');
    this.#ended = true;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #measure(now: number): void {
    const seconds = (now - this.#rateAt.time) / 1000;
    if (seconds < 0.05) return;
    const fresh = (this.#done - this.#rateAt.done) / seconds;
    const weight = 1 - Math.exp(-seconds / memorySeconds);
    const elapsed = (now - this.#start) / 1000;
    // Early on the plain mean is the better estimate; the moving one starts from it.
    if (this.#rate === undefined || elapsed < memorySeconds) this.#rate = this.#done / elapsed;
    else this.#rate += weight * (fresh - this.#rate);
    this.#rateAt = { time: now, done: this.#done };
  }

  #figures(): readonly string[] {
    const { total, unit } = this.#options;
    const elapsed = (this.#now() - this.#start) / 1000;
    const figures = [
      total === undefined ? compact(this.#done) : `${compact(this.#done)}/${compact(total)}`,
    ];
    if (this.#rate !== undefined && this.#rate > 0) {
      figures.push(`${compact(this.#rate)} ${unit ?? ''}/s`.replace(' /s', '/s'));
      const left = total === undefined ? 0 : (total - this.#done) / this.#rate;
      if (left > 0) figures.push(`${clock(left)} left`);
    }
    if (total === undefined || this.#done >= total) figures.push(clock(elapsed));
    return figures;
  }

  #draw(): void {
    if (this.#ended) return;
    this.#drawnAt = this.#now();
    const { label, total } = this.#options;
    const { columns } = this.#io;
    const tail = [...this.#figures(), ...(this.#detail === '' ? [] : [this.#detail])].join('  ');
    if (columns === undefined) {
      const percent =
        total === undefined ? '' : `${Math.floor(fraction(this.#done, total) * 100)}%`;
      const line = `${[label, percent, tail].filter((part) => part !== '').join('  ')}\n`;
      if (line !== this.#lastLine) this.#io.err(line); // the end may have been told already
      this.#lastLine = line;
      return;
    }
    const room = columns - 1 - label.length - tail.length - 4;
    const bar =
      total === undefined || room < 8 ? '' : blocks(this.#done / total, Math.min(barColumns, room));
    const line = [label, bar, tail].filter((part) => part !== '').join('  ');
    this.#io.err(`\r\u001b[2K${truncate(line, Math.max(1, columns - 1))}`);
  }
}

function fraction(done: number, total: number): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
}

/** A bar in eighths of a character. */
function blocks(done: number, width: number): string {
  const eighths = Math.round(
    Math.min(1, Math.max(0, Number.isFinite(done) ? done : 1)) * width * 8,
  );
  const whole = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x258f - (eighths % 8) + 1);
  return (whole + part).padEnd(width, '·');
}
