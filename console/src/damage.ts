import type { GeoJSONSource, Map } from 'maplibre-gl';
import type { districts, Effect } from './api';
import { language, name, yuan } from './texts';
import { caveat } from './trust';

/** Classes of expected damage in fen: one hue, ever denser. */
export const damages: readonly [number, string][] = [[1e6, 'rgb(176 140 90 / .12)'], [1e8, 'rgb(170 122 62 / .26)'], [1e9, 'rgb(160 100 34 / .44)'], [1e10, 'rgb(140 74 14 / .62)']];

type Districts = Awaited<ReturnType<typeof districts>>;

/** The districts with the damage that is expected in each over the forecast's horizon. */
export class Damage {
  readonly ids: readonly string[];
  private readonly middles: [number, number][];
  private drawn = '';

  constructor(private readonly outlines: Districts) {
    this.ids = outlines.features.map((f) => f.properties.id);
    this.middles = outlines.features.map((f) => middle(f.geometry.coordinates[0] ?? []));
  }

  /** Adds its layers below the water, hidden until they are asked for. */
  add(m: Map, dark: boolean): void {
    this.drawn = '';
    m.addSource('districts', { type: 'geojson', data: this.outlines });
    m.addSource('district-names', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
    const layout = { visibility: 'none' as const };
    m.addLayer({ id: 'damage', type: 'fill', source: 'districts', layout, paint: { 'fill-color': ['step', ['coalesce', ['feature-state', 'fen'], 0], 'rgb(0 0 0 / 0)', ...damages.flat()] as unknown as string } }, 'buildings');
    m.addLayer({ id: 'damage-edges', type: 'line', source: 'districts', layout, paint: { 'line-color': dark ? '#c9a877' : '#7a4a1d', 'line-width': 1.4, 'line-dasharray': [3, 2] } }, 'buildings');
    m.addLayer({ id: 'damage-names', type: 'symbol', source: 'district-names', layout: { ...layout, 'text-field': ['get', 'label'], 'text-size': innerWidth < 2000 ? 13 : 20, 'text-font': ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'], 'text-allow-overlap': true },
      paint: { 'text-color': dark ? '#f1dfc4' : '#4a2a0c', 'text-halo-color': dark ? '#0b1220' : '#ffffff', 'text-halo-width': 2 } });
  }

  draw(m: Map, losses: readonly Effect[]): void {
    const key = JSON.stringify([losses, language()]);
    if (key === this.drawn || !m.getSource('district-names')) return;
    this.drawn = key;
    this.ids.forEach((_, i) => m.setFeatureState({ source: 'districts', id: i }, { fen: losses[i]?.mean ?? 0 }));
    m.getSource<GeoJSONSource>('district-names')!.setData({ type: 'FeatureCollection', features: this.middles.map((at, i) => {
      const e = losses[i], f = this.outlines.features[i]!.properties;
      return { type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties: { label: e ? `${name(f.name)}\n${yuan(e.mean)}\n(${yuan(e.p05)} – ${yuan(e.p95)}) ${caveat()?.textContent ?? ''}` : name(f.name) } };
    }) });
  }
}

/** The middle of a ring's area. */
function middle(ring: GeoJSON.Position[]): [number, number] {
  let a = 0, x = 0, y = 0;
  const [ox, oy] = ring[0] ?? [0, 0];
  for (let i = 1; i < ring.length; i++) {
    const px = ring[i - 1]![0]! - ox!, py = ring[i - 1]![1]! - oy!, qx = ring[i]![0]! - ox!, qy = ring[i]![1]! - oy!, c = px * qy - qx * py;
    a += c; x += c * (px + qx); y += c * (py + qy);
  }
  return a ? [ox! + x / (3 * a), oy! + y / (3 * a)] : [ox!, oy!];
}
