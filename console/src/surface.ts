import type { CanvasSource, GeoJSONSource, Map } from 'maplibre-gl';
import type { Grid } from './api';
import type { Ground } from './ground';

/** Classes of a surface: from which value on which colour. */
export type Classes = readonly (readonly [number, readonly [number, number, number, number]])[];

const finer = 4; // pixels of a cell's side, values between its neighbours' middles

/** A surface draped over the city in classes, smooth between its cells, with lines where classes meet if they have labels. */
export class Surface {
  private readonly canvas = document.createElement('canvas');
  private painted: { grid: Grid; classes: Classes; labels: readonly string[] } | undefined;

  constructor(private readonly id: string, private readonly ground: Ground, private readonly line: readonly [string, string]) {}

  /** Adds its layers, below the one named. */
  add(m: Map, dark: boolean, below: string): void {
    m.addSource(this.id, { type: 'canvas', canvas: this.canvas, animate: false, coordinates: [[0, 0.1], [0.1, 0.1], [0.1, 0], [0, 0]] });
    m.addLayer({ id: this.id, type: 'raster', source: this.id, layout: { visibility: 'none' }, paint: { 'raster-fade-duration': 0, 'raster-resampling': 'linear' } }, below);
    m.addSource(this.id + '-lines', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    m.addLayer({ id: this.id + '-lines', type: 'line', source: this.id + '-lines', layout: { 'line-join': 'round' }, paint: { 'line-color': this.line[dark ? 0 : 1], 'line-width': 1.6 } }, below);
    m.addLayer({ id: this.id + '-labels', type: 'symbol', source: this.id + '-lines', layout: { 'symbol-placement': 'line', 'symbol-spacing': 260, 'text-field': ['get', 'label'], 'text-size': innerWidth < 2000 ? 12 : 18, 'text-font': ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'], 'text-max-angle': 40, 'text-padding': 4 },
      paint: { 'text-color': this.line[dark ? 0 : 1], 'text-halo-color': dark ? '#0b1220' : '#ffffff', 'text-halo-width': 1.8 } });
    if (this.painted) this.draw(m, this.painted.grid, this.painted.classes, this.painted.labels);
  }

  /** Draws a grid; labels name the lines at which classes from the second on begin. */
  draw(m: Map, grid: Grid, classes: Classes, labels: readonly string[] = []): void {
    this.painted = { grid, classes, labels };
    if (!m.getSource(this.id)) return;
    const values = soften(bytes(grid.values), grid.cols, grid.rows), w = grid.cols * finer, h = grid.rows * finer, smooth = refine(values, grid.cols, grid.rows);
    this.canvas.width = w; this.canvas.height = h;
    const g = this.canvas.getContext('2d')!, image = g.createImageData(w, h);
    for (let i = 0; i < smooth.length; i++) {
      const v = smooth[i]!;
      let colour: readonly number[] | undefined;
      if (!Number.isNaN(v)) for (const [from, c] of classes) if (v >= from) colour = c;
      if (colour) image.data.set(colour, 4 * i);
    }
    g.putImageData(image, 0, 0);
    const e = grid.west + grid.cols * grid.cell, s = grid.north - grid.rows * grid.cell, src = m.getSource<CanvasSource>(this.id)!;
    src.setCoordinates([this.ground.lonlat(grid.west, grid.north), this.ground.lonlat(e, grid.north), this.ground.lonlat(e, s), this.ground.lonlat(grid.west, s)]);
    src.play();
    m.once('render', () => src.pause());
    const features = labels.map((label, i): GeoJSON.Feature => ({ type: 'Feature', properties: { label }, geometry: { type: 'MultiLineString', coordinates: contours(values, grid.cols, grid.rows, classes[i + 1]?.[0] ?? Infinity).map((l) => l.map(([x, y]) => this.ground.lonlat(grid.west + x * grid.cell, grid.north - y * grid.cell))) } }));
    m.getSource<GeoJSONSource>(this.id + '-lines')!.setData({ type: 'FeatureCollection', features });
    this.show(m, true);
  }

  show(m: Map, on: boolean): void {
    for (const l of [this.id, this.id + '-lines', this.id + '-labels']) if (m.getLayer(l)) m.setLayoutProperty(l, 'visibility', on && this.painted ? 'visible' : 'none');
  }
  clear(m: Map): void {
    this.painted = undefined;
    this.show(m, false);
  }
  /** The value at metres of the city's frame, undefined where there is none. */
  at(x: number, y: number): number | undefined {
    const g = this.painted?.grid;
    if (!g) return undefined;
    const c = Math.floor((x - g.west) / g.cell), r = Math.floor((g.north - y) / g.cell), v = c < 0 || r < 0 || c >= g.cols || r >= g.rows ? 255 : bytes(g.values)[r * g.cols + c]!;
    return v === 255 ? undefined : v;
  }
}

let last: readonly [string, Uint8Array] = ['', new Uint8Array(0)];
/** The bytes of base64; the last ones are kept. */
export function bytes(text: string): Uint8Array {
  if (last[0] !== text) last = [text, Uint8Array.from(atob(text), (c) => c.charCodeAt(0))];
  return last[1];
}

/** Values as the eye takes them in: twice the mean of a cell and its neighbours, weighted 1 2 1 either way, over those that have one. Lines would follow every yard else. */
function soften(of: Uint8Array, cols: number, rows: number): Float32Array {
  let v = Float32Array.from(of);
  for (let pass = 0; pass < 2; pass++) {
    const out = new Float32Array(v.length).fill(255);
    for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) {
      if (of[r * cols + c] === 255) continue;
      let sum = 0, weight = 0;
      for (let y = Math.max(0, r - 1); y <= Math.min(rows - 1, r + 1); y++) for (let x = Math.max(0, c - 1); x <= Math.min(cols - 1, c + 1); x++) {
        if (of[y * cols + x] === 255) continue;
        const w = (x === c ? 2 : 1) * (y === r ? 2 : 1);
        sum += w * v[y * cols + x]!; weight += w;
      }
      out[r * cols + c] = sum / weight;
    }
    v = out;
  }
  return v;
}

/** Values between the cells' middles, bilinear over those that have one; NaN where the nearest cell has none. */
function refine(v: Float32Array, cols: number, rows: number): Float32Array {
  const w = cols * finer, out = new Float32Array(w * rows * finer);
  for (let y = 0; y < rows * finer; y++) {
    const fy = (y + 0.5) / finer - 0.5, r0 = Math.floor(fy), ty = fy - r0, near = Math.floor(y / finer);
    for (let x = 0; x < w; x++) {
      if (v[near * cols + Math.floor(x / finer)] === 255) { out[y * w + x] = NaN; continue; }
      const fx = (x + 0.5) / finer - 0.5, c0 = Math.floor(fx), tx = fx - c0;
      let sum = 0, weight = 0;
      for (let k = 0; k < 4; k++) {
        const c = c0 + (k & 1), r = r0 + (k >> 1), value = c < 0 || r < 0 || c >= cols || r >= rows ? 255 : v[r * cols + c]!;
        if (value === 255) continue;
        const share = ((k & 1) ? tx : 1 - tx) * ((k >> 1) ? ty : 1 - ty);
        sum += share * value; weight += share;
      }
      out[y * w + x] = weight > 0 ? sum / weight : v[near * cols + Math.floor(x / finer)]!;
    }
  }
  return out;
}

/** The lines on which values pass a level, by marching squares over the cells' middles (Lorensen & Cline 1987 in the plane), in cells from the north-west. Where a cell has no value no line goes. */
export function contours(v: Float32Array, cols: number, rows: number, level: number): [number, number][][] {
  const next = new globalThis.Map<string, string[]>(), place = new globalThis.Map<string, [number, number]>();
  const point = (c: number, r: number, c2: number, r2: number): string => {
    const a = v[r * cols + c]!, b = v[r2 * cols + c2]!, key = `${c},${r},${c2},${r2}`, f = (level - a) / (b - a);
    if (!place.has(key)) place.set(key, [c + 0.5 + f * (c2 - c), r + 0.5 + f * (r2 - r)]);
    return key;
  };
  const join = (a: string, b: string): void => { for (const [p, q] of [[a, b], [b, a]] as const) next.set(p, [...(next.get(p) ?? []), q]); };
  for (let r = 0; r + 1 < rows; r++) for (let c = 0; c + 1 < cols; c++) {
    const corner = [v[r * cols + c]!, v[r * cols + c + 1]!, v[(r + 1) * cols + c + 1]!, v[(r + 1) * cols + c]!];
    if (corner.includes(255)) continue;
    const up = corner.map((x) => x >= level), edges: string[] = [];
    if (up[0] !== up[1]) edges.push(point(c, r, c + 1, r));
    if (up[1] !== up[2]) edges.push(point(c + 1, r, c + 1, r + 1));
    if (up[2] !== up[3]) edges.push(point(c, r + 1, c + 1, r + 1));
    if (up[3] !== up[0]) edges.push(point(c, r, c, r + 1));
    if (edges.length >= 2) join(edges[0]!, edges[1]!);
    if (edges.length === 4) join(edges[2]!, edges[3]!);
  }
  const lines: [number, number][][] = [], done = new Set<string>();
  const follow = (from: string): void => {
    const line: [number, number][] = [];
    for (let at: string | undefined = from; at !== undefined && !done.has(at);) {
      done.add(at);
      line.push(place.get(at)!);
      const to: string | undefined = next.get(at)!.find((k) => !done.has(k));
      if (to === undefined && line.length > 2 && next.get(at)!.includes(from)) line.push(place.get(from)!);
      at = to;
    }
    if (line.length > 9) lines.push(line); // no specks
  };
  for (const [k, to] of next) if (to.length === 1 && !done.has(k)) follow(k);
  for (const k of next.keys()) if (!done.has(k)) follow(k);
  return lines;
}
