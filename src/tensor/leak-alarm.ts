import { liveTensors } from './memory.ts';
import { callersPlace, countByPlace } from './place.ts';
import { watchTensors } from './scope.ts';

/** Steps that must leave something behind, one after the other, before that counts as a leak. */
const patience = 3;
/** Places that a report names. */
const told = 5;

/**
 * Compares the live tensors from step to step. Costs two counts per step; only a step that follows two
 * growing ones is watched tensor by tensor, so that the report can say where they are made.
 */
export class LeakAlarm {
  /** Live tensors that the present step has added; negative where it freed more than it made. */
  #grown = 0;
  #growing = 0;
  /** Places of birth by handle, in a step that is watched. */
  readonly #births = new Map<number, string>();

  /**
   * Runs `body`, a part of a step: what it leaves alive counts. What happens between the parts (a
   * sampler at work, a cache that fills) does not. `body` must be synchronous.
   */
  watch<T>(body: () => T): T {
    const before = liveTensors();
    const stopWatching = this.#growing < patience - 1 ? undefined : this.#recordBirths();
    try {
      return body();
    } finally {
      stopWatching?.();
      this.#grown += liveTensors() - before;
    }
  }

  #recordBirths(): () => void {
    return watchTensors({
      created: ({ handle }) => this.#births.set(handle, callersPlace()),
      freed: (handle) => this.#births.delete(handle),
    });
  }

  /**
   * Ends a step. Returns a sentence with the places that made most of what is left when three steps in
   * a row have left tensors behind, beside `expected` ones (those of a cache), otherwise null. After a
   * report the count begins anew.
   */
  endStep(expected = 0): string | null {
    const left = this.#grown - expected;
    this.#grown = 0;
    this.#growing = left > 0 ? this.#growing + 1 : 0;
    const places = [...countByPlace(this.#births.values())];
    this.#births.clear();
    if (this.#growing < patience) return null;
    this.#growing = 0;
    const named = places.slice(0, told).map(([place, count]) => `${count} at ${place}`);
    return (
      `live tensors have grown in ${patience} steps in a row, by ${left} in the last one to ` +
      `${liveTensors()}; most of these were made ${named.join(', ')}; open a TensorScope there, or ` +
      'dispose of what is kept'
    );
  }
}
