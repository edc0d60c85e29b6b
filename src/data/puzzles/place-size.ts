/** Pixels across one place: two patches of 14, which are one visual token after merging. */
export const PLACE = 28;
