/** Why a picture cannot be used. */
export type ImageFault =
  /** No file there, or not readable. */
  | 'missing'
  /** Damaged or cut short. */
  | 'corrupt'
  /** Not PNG, JPEG, WebP or GIF. */
  | 'format'
  /** One side more than 200 times the other. */
  | 'extreme'
  /** More bytes or pixels than allowed. */
  | 'too-large'
  /** The source is of a kind, or at an address, that the caller does not allow. */
  | 'refused'
  /** The network did not deliver, or not in time. */
  | 'unreachable'
  /** The file is no longer the one that was opened. */
  | 'changed';

/** A picture that cannot be used: expected, found, what to do. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly fault: ImageFault;

  constructor(fault: ImageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
