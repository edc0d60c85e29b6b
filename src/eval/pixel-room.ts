interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Memory for pixels of pictures: whoever comes waits, first come first served, until there is room for
 * his bytes. Something larger than the whole room enters alone.
 */
export class PixelRoom {
  readonly #bytes: number;
  readonly #queue: Waiting[] = [];
  #used = 0;
  #inside = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Disposing gives the bytes back. */
  async enter(bytes: number): Promise<Disposable> {
    if (this.#queue.length > 0 || !this.#fits(bytes))
      await new Promise<void>((enter) => this.#queue.push({ bytes, enter }));
    else this.#take(bytes);
    return { [Symbol.dispose]: () => this.#leave(bytes) };
  }

  #fits(bytes: number): boolean {
    return this.#inside === 0 || this.#used + bytes <= this.#bytes;
  }

  #take(bytes: number): void {
    this.#used += bytes;
    this.#inside += 1;
  }

  #leave(bytes: number): void {
    this.#used -= bytes;
    this.#inside -= 1;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (!this.#fits(next.bytes)) return;
      this.#queue.shift();
      this.#take(next.bytes);
      next.enter();
    }
  }
}
