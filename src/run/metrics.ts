/** Values by slashed name (`reward/mean`); null where a fraction has an empty denominator. */
export type Metrics = Readonly<Record<string, number | null>>;
