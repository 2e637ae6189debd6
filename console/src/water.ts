import type { Ground } from './ground';
import type { Water } from './stream';

/** Depth classes in cm, official ones of a city's streets: 15 general, 30 light, 50 moderate and more. */
const ramp: [number, [number, number, number, number]][] = [
  [3, [90, 190, 235, 90]], [15, [60, 150, 240, 170]], [30, [60, 95, 235, 205]], [50, [95, 50, 215, 225]], [100, [130, 20, 160, 235]],
];

/** Paints depths onto a canvas that the map drapes over the city; returns the canvas and its corners, clockwise from the north-west. */
export function paint(w: Water, canvas: HTMLCanvasElement, ground: Ground): [[number, number], [number, number], [number, number], [number, number]] {
  canvas.width = w.cols;
  canvas.height = w.rows;
  const g = canvas.getContext('2d')!;
  const image = g.createImageData(w.cols, w.rows);
  for (let i = 0; i < w.index.length; i++) {
    const cm = w.cm[i]!;
    let colour: [number, number, number, number] | undefined;
    for (const [at, c] of ramp) if (cm >= at) colour = c;
    if (colour) image.data.set(colour, 4 * w.index[i]!);
  }
  g.putImageData(image, 0, 0);
  const e = w.west + w.cols * w.cell, s = w.north - w.rows * w.cell;
  return [ground.lonlat(w.west, w.north), ground.lonlat(e, w.north), ground.lonlat(e, s), ground.lonlat(w.west, s)];
}
