import type { Ground } from './ground';
import type { Water } from './stream';

/** Depth classes in cm, official ones of a city's streets: 15 general, 30 light, 50 moderate and more. */
export const ramp: readonly [number, readonly [number, number, number, number]][] = [
  [3, [90, 190, 235, 90]], [15, [60, 150, 240, 170]], [30, [60, 95, 235, 205]], [50, [95, 50, 215, 225]], [100, [130, 20, 160, 235]],
];
/** Classes of the chance of more than 30 cm, in %: one hue, ever denser, apart from all depths. */
export const chances: typeof ramp = [[5, [244, 150, 205, 110]], [10, [244, 130, 198, 150]], [30, [240, 92, 180, 190]], [50, [230, 45, 155, 225]], [80, [205, 0, 120, 250]]];
/** The classes of what water shows. */
export const classesOf = (w: Water): typeof ramp => (w.shows === 'chance' ? chances : ramp);
export const dry: Water = { shows: 'mean',  cols: 1, rows: 1, west: 0, north: 0, cell: 1, index: new Uint32Array(0), cm: new Uint8Array(0) };

type Corners = [[number, number], [number, number], [number, number], [number, number]];

/**
 * Paints depths onto a canvas that the map drapes over the city; returns the canvas's corners, clockwise from the
 * north-west. What is only expected is hatched: each cell is 4 by 4 pixels with every second diagonal thinned. Where the
 * terrain does not bear depths, all water has one colour.
 */
export function paint(w: Water, canvas: HTMLCanvasElement, ground: Ground, expected: boolean, classes: boolean): Corners {
  const k = expected ? 4 : 1, cols = w.cols * k;
  canvas.width = cols;
  canvas.height = w.rows * k;
  const g = canvas.getContext('2d')!;
  const image = g.createImageData(cols, w.rows * k);
  for (let i = 0; i < w.index.length; i++) {
    const cm = w.cm[i]!;
    let colour: readonly [number, number, number, number] | undefined;
    for (const [at, c] of classes ? classesOf(w) : ramp.slice(0, 2)) if (cm >= at) colour = c;
    if (!colour) continue;
    const cx = (w.index[i]! % w.cols) * k, cy = Math.floor(w.index[i]! / w.cols) * k;
    for (let y = 0; y < k; y++) for (let x = 0; x < k; x++) {
      const o = 4 * ((cy + y) * cols + cx + x);
      image.data.set(colour, o);
      if (expected) image.data[o + 3] = ((x + y) & 3) < 2 ? colour[3] * (w.shows === 'chance' ? 0.7 : 0.4) : Math.min(235, colour[3] + 60);
    }
  }
  g.putImageData(image, 0, 0);
  const e = w.west + w.cols * w.cell, s = w.north - w.rows * w.cell;
  return [ground.lonlat(w.west, w.north), ground.lonlat(e, w.north), ground.lonlat(e, s), ground.lonlat(w.west, s)];
}

/** Depth in cm, or the chance in %, at a place in metres of the city's frame; 0 where it is dry, below 3 cm or outside. */
export function depthAt(w: Water, x: number, y: number): number {
  const col = Math.floor((x - w.west) / w.cell), row = Math.floor((w.north - y) / w.cell);
  if (col < 0 || row < 0 || col >= w.cols || row >= w.rows) return 0;
  const i = w.index.indexOf(row * w.cols + col);
  return i < 0 ? 0 : w.cm[i]!;
}

/** The deepest cell in cm and the area at 15 cm or more, km²; of a chance, the largest and the area at 50 % or more. */
export function wetness(w: Water): { deepest: number; km2: number } {
  let deepest = 0, n = 0;
  const counts = w.shows === 'chance' ? 50 : 15;
  for (const cm of w.cm) { if (cm > deepest) deepest = cm; if (cm >= counts) n++; }
  return { deepest, km2: (n * w.cell * w.cell) / 1e6 };
}
