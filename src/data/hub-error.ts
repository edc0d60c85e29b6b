/** Why a repository of the hub cannot be used. */
export type HubFault =
  /** Neither a folder nor a hub id. */
  | 'name'
  /** Not in the cache, and the network is not to be used. */
  | 'offline'
  /** The network does not answer. */
  | 'unreachable'
  /** No such repository, revision or file. */
  | 'not-found'
  /** A token is missing, wrong, or without access. */
  | 'denied'
  /** What arrived is not what the hub announced. */
  | 'corrupt';

/** A checkpoint or dataset that cannot be fetched: expected, found, what to do. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly fault: HubFault;

  constructor(fault: HubFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
