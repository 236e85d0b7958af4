// Pitches and the keys of a piano: their names and where they lie. Pure.

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
// Of a white key's width: how wide a black key is, and how far it lies from the middle of the crack it covers.
const BLACK_WIDTH = 0.6;
const LEAN = { 1: -0.1, 3: 0.1, 6: -0.13, 8: 0, 10: 0.13 };

/** The lowest and the highest key of a piano. */
export const LOWEST = 21;
export const HIGHEST = 108;

export const isBlack = (pitch) => BLACK.has(pitch % 12);

/** As musicians say it: 60 is C4. */
export const nameOf = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

/** As a screen reader says it well: "C sharp 4". */
export const spokenNameOf = (pitch) => nameOf(pitch).replace("♯", " sharp ").replace("♭", " flat ");

/** The keys from `first` to `last`, both white, over `width`: [{pitch, black, x, width}], white ones first. */
export function keysAcross(first, last, width) {
  const whites = [];
  const blacks = [];
  const count = whiteKeys(first, last);
  const wide = width / count;
  let x = 0;
  for (let pitch = first; pitch <= last; pitch += 1) {
    if (isBlack(pitch)) {
      const middle = x + LEAN[pitch % 12] * wide;
      blacks.push({ pitch, black: true, x: middle - (BLACK_WIDTH * wide) / 2, width: BLACK_WIDTH * wide });
    } else {
      whites.push({ pitch, black: false, x, width: wide });
      x += wide;
    }
  }
  return [...whites, ...blacks];
}

/** How many white keys there are from `first` to `last`. */
export function whiteKeys(first, last) {
  let count = 0;
  for (let pitch = first; pitch <= last; pitch += 1) count += isBlack(pitch) ? 0 : 1;
  return count;
}

/** The range to show with at most `count` white keys: whole octaves around `base`, or all 88. */
export function rangeFor(count, base) {
  if (count >= whiteKeys(LOWEST, HIGHEST)) return { first: LOWEST, last: HIGHEST };
  const octaves = Math.max(1, Math.floor((count - 1) / 7));
  const below = Math.floor((octaves - 1) / 2);
  const first = Math.max(24, Math.min(base - 12 * below, 108 - 12 * octaves));
  return { first, last: first + 12 * octaves };
}

/** The key at a point of a piano `height` tall, or null: black keys lie before white ones and are shorter. */
export function keyAt(keys, x, y, height, blackShare) {
  let found = null;
  for (const key of keys) {
    if (x < key.x || x >= key.x + key.width) continue;
    if (key.black && y <= height * blackShare) return key;
    if (!key.black) found = key;
  }
  return found;
}
