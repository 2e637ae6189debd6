import type { City } from './api';

/** Web Mercator of a longitude and latitude, the whole world being 0–1. */
export const mercator = (lon: number, lat: number): [number, number] => [
  (lon + 180) / 360,
  (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2,
];

/**
 * Places metres of the city's frame on the map, by the four corners: bilinear, which keeps within half a metre of the
 * projection itself over a city of 20 km.
 */
export class Ground {
  readonly anchor: [number, number];
  private readonly c: [number, number][];
  constructor(readonly city: City) {
    this.c = city.corners.map(([lon, lat]) => mercator(lon, lat));
    this.anchor = this.c[0]!;
  }
  /** Mercator coordinates relative to the anchor, into out at o. */
  put(x: number, y: number, out: Float32Array, o: number): void {
    const u = x / this.city.width, v = y / this.city.height;
    const [a, b, c, d] = this.c as [[number, number], [number, number], [number, number], [number, number]];
    const w0 = (1 - u) * (1 - v), w1 = u * (1 - v), w2 = u * v, w3 = (1 - u) * v;
    out[o] = (w0 * (a[0] - a[0]) + w1 * (b[0] - a[0]) + w2 * (c[0] - a[0]) + w3 * (d[0] - a[0])) * 1e6;
    out[o + 1] = (w1 * (b[1] - a[1]) + w2 * (c[1] - a[1]) + w3 * (d[1] - a[1])) * 1e6;
  }
  lonlat(x: number, y: number): [number, number] {
    const u = x / this.city.width, v = y / this.city.height, k = this.city.corners as [[number, number], [number, number], [number, number], [number, number]];
    const mix = (i: 0 | 1): number => (1 - u) * (1 - v) * k[0][i] + u * (1 - v) * k[1][i] + u * v * k[2][i] + (1 - u) * v * k[3][i];
    return [mix(0), mix(1)];
  }
}
