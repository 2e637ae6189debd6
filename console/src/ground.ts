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
  /** Mercator coordinates of n places relative to the anchor, in millionths of the world, into out as pairs. */
  putAll(xs: ArrayLike<number>, ys: ArrayLike<number>, n: number, out: Float32Array): void {
    const [a, b, c, d] = this.c as [[number, number], [number, number], [number, number], [number, number]], w = this.city.width, h = this.city.height;
    // Bilinear over the corners, multiplied out: east, north and the twist between them.
    const ex = ((b[0] - a[0]) / w) * 1e6, ey = ((b[1] - a[1]) / w) * 1e6, nx = ((d[0] - a[0]) / h) * 1e6, ny = ((d[1] - a[1]) / h) * 1e6;
    const tx = ((c[0] - b[0] - d[0] + a[0]) / (w * h)) * 1e6, ty = ((c[1] - b[1] - d[1] + a[1]) / (w * h)) * 1e6;
    for (let i = 0; i < n; i++) {
      const x = xs[i]!, y = ys[i]!;
      out[2 * i] = x * ex + y * nx + x * y * tx;
      out[2 * i + 1] = x * ey + y * ny + x * y * ty;
    }
  }
  lonlat(x: number, y: number): [number, number] {
    const u = x / this.city.width, v = y / this.city.height, k = this.city.corners as [[number, number], [number, number], [number, number], [number, number]];
    const mix = (i: 0 | 1): number => (1 - u) * (1 - v) * k[0][i] + u * (1 - v) * k[1][i] + u * v * k[2][i] + (1 - u) * v * k[3][i];
    return [mix(0), mix(1)];
  }
  /** Metres of the city's frame at a longitude and latitude, to within a metre: two steps of Newton's method on lonlat. */
  metres(lon: number, lat: number): [number, number] {
    const { width, height } = this.city, [sw, se, , nw] = this.city.corners as [[number, number], [number, number], [number, number], [number, number]];
    let x = ((lon - sw[0]) / (se[0] - sw[0])) * width, y = ((lat - sw[1]) / (nw[1] - sw[1])) * height;
    for (let i = 0; i < 2; i++) {
      const [a, b] = this.lonlat(x, y);
      x += ((lon - a) / (se[0] - sw[0])) * width;
      y += ((lat - b) / (nw[1] - sw[1])) * height;
    }
    return [x, y];
  }
}
