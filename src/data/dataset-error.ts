/** Why a dataset cannot be used. */
export type DatasetFault =
  /** No such file or folder. */
  | 'missing'
  /** Nothing in it that holds problems. */
  | 'empty'
  /** Damaged, cut short, or not what its name says. */
  | 'corrupt'
  /** The columns are of no known source. */
  | 'columns'
  /** A row that cannot be read as a problem, or every row dropped. */
  | 'rows';

/** A dataset that cannot be used: expected, found, what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  readonly fault: DatasetFault;

  constructor(fault: DatasetFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
