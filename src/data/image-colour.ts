/** a · b / 255, rounded, for bytes: the integer arithmetic of Pillow's colour conversions. */
function byteProduct(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/**
 * Lays red, green, blue and alpha bytes on white: [pixels · 4] → [pixels · 3], in the fixed-point
 * arithmetic (7 extra bits) of Pillow's `alpha_composite` over an opaque ground.
 */
export function onWhite(rgba: Uint8Array): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0, p = 0, o = 0; i < pixels; i++, p += 4, o += 3) {
    const alpha = rgba[p + 3] ?? 0;
    if (alpha === 255) {
      rgb[o] = rgba[p] ?? 0;
      rgb[o + 1] = rgba[p + 1] ?? 0;
      rgb[o + 2] = rgba[p + 2] ?? 0;
    } else {
      rgb[o] = mixWithWhite(rgba[p] ?? 0, alpha);
      rgb[o + 1] = mixWithWhite(rgba[p + 1] ?? 0, alpha);
      rgb[o + 2] = mixWithWhite(rgba[p + 2] ?? 0, alpha);
    }
  }
  return rgb;
}

function mixWithWhite(value: number, alpha: number): number {
  const share = alpha * 128;
  const mixed = value * share + 255 * (255 * 128 - share) + (0x80 << 7);
  return (((mixed >> 8) + mixed) >> 8) >> 7;
}

/** Cyan, magenta, yellow, black → red, green, blue, without colour profiles, as Pillow does. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = cmyk.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0, p = 0, o = 0; i < pixels; i++, p += 4, o += 3) {
    const light = 255 - (cmyk[p + 3] ?? 0);
    rgb[o] = light - byteProduct(cmyk[p] ?? 0, light);
    rgb[o + 1] = light - byteProduct(cmyk[p + 1] ?? 0, light);
    rgb[o + 2] = light - byteProduct(cmyk[p + 2] ?? 0, light);
  }
  return rgb;
}
