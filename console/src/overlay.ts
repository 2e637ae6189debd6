import type { GeoJSONSource, Map } from 'maplibre-gl';
import type { Detail } from './api';
import { name, number, t } from './texts';
import { shapeOf, span } from './people';

const font = ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'];

/** What is looked at, drawn on the map: the ways of those who could have gone, who leaves for where, a street or a line, a place on it. */
export class Overlay {
  private features: GeoJSON.Feature[] = [];
  private trace: [number, number][] = [];
  private spot: [number, number] | undefined;

  add(m: Map, dark: boolean): void {
    const halo = dark ? '#0b1220' : '#ffffff', text = dark ? '#ffffff' : '#111827', kind = (k: string): unknown => ['==', ['get', 'kind'], k], big = innerWidth >= 2000;
    for (const id of ['looked', 'traced', 'spot']) m.addSource(id, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    const line = (id: string, k: string, paint: Record<string, unknown>): void => { m.addLayer({ id, type: 'line', source: 'looked', filter: kind(k) as never, layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: paint as never }); };
    m.addLayer({ id: 'traced-casing', type: 'line', source: 'traced', layout: { 'line-join': 'round' }, paint: { 'line-color': halo, 'line-width': 7, 'line-opacity': 0.6 } });
    m.addLayer({ id: 'traced', type: 'line', source: 'traced', layout: { 'line-join': 'round' }, paint: { 'line-color': dark ? '#6fb3ff' : '#0b5cad', 'line-width': 3.5 } });
    m.addLayer({ id: 'blocks', type: 'fill', source: 'looked', filter: kind('block') as never, paint: { 'fill-color': '#e5484d', 'fill-opacity': 0.28, 'fill-outline-color': '#e5484d' } });
    line('leaving', 'road', { 'line-color': dark ? '#ffd166' : '#8a5a00', 'line-width': ['interpolate', ['linear'], ['get', 'people'], 0, 1.5, 500, 4, 3000, 9], 'line-opacity': 0.85 });
    line('choice-casing', 'choice', { 'line-color': halo, 'line-width': 8, 'line-opacity': 0.75 });
    line('choice', 'choice', { 'line-color': ['match', ['get', 'rank'], 0, text, 1, dark ? '#c9a6ff' : '#6b3fa0', dark ? '#8fd3c8' : '#0f766e'], 'line-width': ['match', ['get', 'rank'], 0, 4.5, 3] });
    m.addLayer({ id: 'shelters', type: 'symbol', source: 'looked', filter: kind('shelter') as never, layout: { 'text-field': ['get', 'label'], 'text-size': big ? 20 : 13, 'text-font': font, 'text-allow-overlap': false }, paint: { 'text-color': dark ? '#7ee2b8' : '#05603a', 'text-halo-color': halo, 'text-halo-width': 2 } });
    m.addLayer({ id: 'choice-names', type: 'symbol', source: 'looked', filter: kind('start') as never, layout: { 'text-field': ['get', 'label'], 'text-size': big ? 20 : 12.5, 'text-font': font, 'text-offset': [0, -1.6], 'text-allow-overlap': true }, paint: { 'text-color': text, 'text-halo-color': halo, 'text-halo-width': 2 } });
    m.addLayer({ id: 'spot', type: 'circle', source: 'spot', paint: { 'circle-radius': 7, 'circle-color': dark ? '#6fb3ff' : '#0b5cad', 'circle-stroke-color': text, 'circle-stroke-width': 2 } });
    this.draw(m);
  }

  /** Draws what a decision rests on; undefined: nothing. */
  detail(m: Map, d: Detail | undefined): void {
    const f: GeoJSON.Feature[] = [];
    d?.choices.slice(0, 3).forEach((c, rank) => {
      if (c.line.length < 2) return;
      f.unshift({ type: 'Feature', geometry: { type: 'LineString', coordinates: c.line }, properties: { kind: 'choice', rank } });
      f.push({ type: 'Feature', geometry: { type: 'Point', coordinates: c.line[0]! }, properties: { kind: 'start', label: `${shapeOf(c.kind)} ${name(c.name)} ${span(c.arrive_s)}` } });
    });
    for (const b of d?.leaving?.blocks ?? []) f.push({ type: 'Feature', geometry: { type: 'Polygon', coordinates: b.outline }, properties: { kind: 'block' } });
    for (const r of d?.leaving?.roads ?? []) f.push({ type: 'Feature', geometry: { type: 'LineString', coordinates: r.line }, properties: { kind: 'road', people: r.people } });
    for (const s of d?.leaving?.shelters ?? []) f.push({ type: 'Feature', geometry: { type: 'Point', coordinates: s.at }, properties: { kind: 'shelter', label: `⌂ ${name(s.name)}\n${t('leaving.people', { n: number(s.people) })}` } });
    this.features = f;
    this.draw(m);
  }
  /** Draws a line that something is looked at along. */
  line(m: Map, line: [number, number][]): void { this.trace = line; this.draw(m); }
  /** Marks a place on it. */
  at(m: Map, spot: [number, number] | undefined): void {
    this.spot = spot;
    m.getSource<GeoJSONSource>('spot')?.setData({ type: 'FeatureCollection', features: spot ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: spot }, properties: {} }] : [] });
  }

  private draw(m: Map): void {
    if (!m.getSource('looked')) return;
    m.getSource<GeoJSONSource>('looked')!.setData({ type: 'FeatureCollection', features: this.features });
    m.getSource<GeoJSONSource>('traced')!.setData({ type: 'FeatureCollection', features: this.trace.length > 1 ? [{ type: 'Feature', geometry: { type: 'LineString', coordinates: this.trace }, properties: {} }] : [] });
    this.at(m, this.spot);
  }
}

/** The place at a share of a line's length. */
export function alongLine(line: readonly [number, number][], share: number): [number, number] | undefined {
  const k = Math.cos(((line[0]?.[1] ?? 0) * Math.PI) / 180), d = (i: number): number => Math.hypot((line[i]![0] - line[i - 1]![0]) * k, line[i]![1] - line[i - 1]![1]);
  let total = 0;
  for (let i = 1; i < line.length; i++) total += d(i);
  let left = share * total;
  for (let i = 1; i < line.length; i++) {
    const l = d(i), a = line[i - 1]!, b = line[i]!;
    if (left <= l && l > 0) return [a[0] + ((b[0] - a[0]) * left) / l, a[1] + ((b[1] - a[1]) * left) / l];
    left -= l;
  }
  return line[line.length - 1];
}
