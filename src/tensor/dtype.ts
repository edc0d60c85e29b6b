/** Element types by the short names used everywhere here. */
export type DType = keyof typeof codes;

/** libtorch's numbers for them (c10::ScalarType). */
const codes = {
  u8: 0,
  i8: 1,
  i16: 2,
  i32: 3,
  i64: 4,
  f16: 5,
  f32: 6,
  f64: 7,
  bool: 11,
  bf16: 15,
} as const;

const bytes: Record<DType, number> = {
  u8: 1,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  f16: 2,
  f32: 4,
  f64: 8,
  bool: 1,
  bf16: 2,
};

const names = new Map<number, DType>(
  Object.entries(codes).map(([name, code]) => [code, name as DType]),
);

/** libtorch's number of an element type; null and undefined pass through as "not given". */
export function dtypeCode(dtype: DType | null | undefined): number | null | undefined {
  return dtype === null || dtype === undefined ? dtype : codes[dtype];
}

/** The short name of libtorch's number, or `scalar type <n>` for the types we do not use. */
export function dtypeName(code: number): DType {
  return names.get(code) ?? (`scalar type ${code}` as DType);
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return bytes[dtype];
}
