/**
 * `request`: it contradicts itself or does not fit model or memory; `full`: the queue is, try again
 * later; `unpublished`: there are no weights; `closed`: the sampler was disposed of.
 */
export type SamplerFault = 'request' | 'full' | 'unpublished' | 'closed';

/** A request that cannot be met: what was expected, what was found. */
export class SamplerError extends Error {
  override readonly name = 'SamplerError';
  readonly fault: SamplerFault;

  constructor(message: string, fault: SamplerFault = 'request') {
    super(message);
    this.fault = fault;
  }
}
