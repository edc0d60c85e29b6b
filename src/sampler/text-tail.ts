/** Turns ids into text; special tokens are left out. */
export type Decode = (ids: Int32Array) => string;

/** What decoders show for the bytes of a character that is not whole yet. */
const unfinished = '\uFFFD';
/** A character has at most four bytes, and every token at least one. */
const longestWait = 4;

/**
 * Text of tokens as they come. Bytes of a character that is not whole are held back, and so is what
 * may turn out to be the beginning of a stop string.
 */
export class TextTail {
  readonly #decode: Decode;
  readonly #stops: readonly string[];
  readonly #ids: number[] = [];
  /** Text of the tokens before `#read` is known; decoding starts at `#from`, for context. */
  #from = 0;
  #read = 0;
  #text = '';
  #told = 0;
  #found = false;

  constructor(decode: Decode, stops: readonly string[]) {
    this.#decode = decode;
    this.#stops = stops;
  }

  /** Everything so far, up to the stop string. */
  get text(): string {
    return this.#text;
  }

  /** True once a stop string has come; the text ends before it. */
  get stopped(): boolean {
    return this.#found;
  }

  /** Takes the next token; returns the text that is certain now and was not before. */
  push(id: number, mayStop: boolean): string {
    this.#ids.push(id);
    this.#readOn(this.#ids.length - this.#read >= longestWait);
    if (mayStop) this.#search();
    return this.#tell(this.#found ? this.#text.length : this.#text.length - this.#held());
  }

  /** Ends the text: what was held back is certain now. */
  end(): string {
    if (!this.#found) this.#readOn(true);
    return this.#tell(this.#text.length);
  }

  #readOn(whole: boolean): void {
    const before = this.#decode(Int32Array.from(this.#ids.slice(this.#from, this.#read)));
    const now = this.#decode(Int32Array.from(this.#ids.slice(this.#from)));
    if (now.endsWith(unfinished) && !whole) return;
    this.#text += now.slice(before.length);
    this.#from = this.#read;
    this.#read = this.#ids.length;
  }

  #search(): void {
    const longest = Math.max(0, ...this.#stops.map(({ length }) => length));
    const start = Math.max(0, this.#told - longest);
    const places = this.#stops
      .map((stop) => this.#text.indexOf(stop, start))
      .filter((place) => place >= 0);
    if (places.length === 0) return;
    this.#found = true;
    this.#text = this.#text.slice(0, Math.min(...places));
  }

  /** Characters at the end that may begin a stop string. */
  #held(): number {
    const longest = Math.max(0, ...this.#stops.map(({ length }) => length - 1));
    for (let length = Math.min(longest, this.#text.length); length > 0; length--) {
      const end = this.#text.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }

  #tell(upTo: number): string {
    const fresh = this.#text.slice(this.#told, upTo);
    this.#told = Math.max(this.#told, upTo);
    return fresh;
  }
}
