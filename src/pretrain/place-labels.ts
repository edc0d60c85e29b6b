import type { Place } from '#data';

export const shapeNames = ['circle', 'square', 'triangle', 'cross'] as const;
export const colorNames = ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] as const;

/** What a place shows, as classes for the eyes' exercises. */
export interface PlaceLabels {
  /** A shape, or 4 nothing, 5 a digit or mark, 6 a bar. */
  readonly shape: number;
  /** A colour, or 6 none. */
  readonly color: number;
  /** A digit, or the height of a bar; 10 the question mark, 11 none. */
  readonly number: number;
}

export const labelClasses: Readonly<Record<keyof PlaceLabels, number>> = {
  shape: 7,
  color: 7,
  number: 12,
};

export function labelsOf(place: Place): PlaceLabels {
  switch (place.kind) {
    case 'empty':
      return { shape: 4, color: 6, number: 11 };
    case 'unknown':
      return { shape: 5, color: 6, number: 10 };
    case 'shape':
      return {
        shape: shapeNames.indexOf(place.shape),
        color: colorNames.indexOf(place.color),
        number: 11,
      };
    case 'digit':
      return { shape: 5, color: colorNames.indexOf(place.color), number: place.digit };
    case 'bar':
      return { shape: 6, color: colorNames.indexOf(place.color), number: place.height };
  }
}
