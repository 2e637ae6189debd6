import type { GeoJSONSource, Map } from 'maplibre-gl';
import type { Call, Unit, Way } from './api';
import { clock, name, t } from './texts';

/** A unit's shape by its kind; its colour is its state. */
export const shapes: Record<string, string> = { ambulance: '▲', fire_engine: '◆', fire: '◆', police: '★', rescue_boat: '▼', boat: '▼', mobile_pump: '■', pump: '■' };
/** A call's shape by what it is about. */
export const callShapes: Record<string, string> = { medical: '✚', fire: '✺', crash: '✖', trapped: '≋', flooding: '≈' };
export const shapeOf = (kind: string): string => shapes[kind] ?? '●';
const font = ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'];

/** Minutes and seconds. */
export const span = (s: number): string => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;

/** What a unit does, for its colour. */
const doing = (u: Unit): string => (u.lost ? 'lost' : ['at_station', 'returning'].includes(u.status) ? 'free' : u.status === 'turnout' || u.status === 'to_scene' ? 'going' : u.status === 'to_hospital' ? 'taking' : 'busy');

const collection = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features });

/** Calls, units, the ways of those who go to a call, and the signals on them. */
export class People {
  private ways: readonly Way[] = [];
  private units: readonly Unit[] = [];
  private calls: readonly Call[] = [];
  private now = 0;

  add(m: Map, dark: boolean): void {
    const halo = dark ? '#0b1220' : '#ffffff', text = dark ? '#ffffff' : '#111827', orange = dark ? '#ff8f4d' : '#c2410c', big = innerWidth >= 2000;
    for (const id of ['ways', 'lights', 'calls', 'units']) m.addSource(id, { type: 'geojson', data: collection([]) });
    m.addLayer({ id: 'ways-casing', type: 'line', source: 'ways', layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': halo, 'line-width': 7, 'line-opacity': 0.9 } });
    m.addLayer({ id: 'ways', type: 'line', source: 'ways', layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': text, 'line-width': ['match', ['get', 'priority'], 1, 3.6, 2, 2.8, 2] } });
    m.addLayer({ id: 'lights', type: 'circle', source: 'lights', minzoom: 12, paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 12, 3, 15, 8, 18, 14], 'circle-color': ['match', ['get', 'shows'], 'green', '#37c88b', 'change', '#f0b93c', 'red', '#e5484d', '#7d8aa0'],
      'circle-opacity': 0.9, 'circle-stroke-color': ['case', ['get', 'held'], text, halo], 'circle-stroke-width': ['case', ['get', 'held'], 2.5, 1] } });
    m.addLayer({ id: 'light-times', type: 'symbol', source: 'lights', minzoom: 13.4, layout: { 'text-field': ['get', 'label'], 'text-size': big ? 17 : 11.5, 'text-font': font, 'text-offset': [0, -1.5], 'text-allow-overlap': false }, paint: { 'text-color': text, 'text-halo-color': halo, 'text-halo-width': 1.6 } });
    m.addLayer({ id: 'calls', type: 'symbol', source: 'calls', layout: { 'text-field': ['get', 'shape'], 'text-size': ['match', ['get', 'priority'], 1, big ? 30 : 20, big ? 24 : 16], 'text-font': font, 'text-allow-overlap': true },
      paint: { 'text-color': ['match', ['get', 'state'], 'open', '#ff5c5c', 'served', dark ? '#c98d8d' : '#9b4a4a', '#ff8f8f'], 'text-halo-color': halo, 'text-halo-width': 1.6 } });
    m.addLayer({ id: 'units', type: 'symbol', source: 'units', layout: { 'text-field': ['get', 'shape'], 'text-size': big ? 24 : 15, 'text-font': font, 'text-allow-overlap': true },
      paint: { 'text-color': ['match', ['get', 'doing'], 'going', orange, 'taking', orange, 'lost', '#ff6b6b', 'busy', dark ? '#8496b0' : '#667085', text], 'text-halo-color': halo, 'text-halo-width': 1.6 } });
    m.addLayer({ id: 'people-names', type: 'symbol', source: 'units', minzoom: 13.6, layout: { 'text-field': ['get', 'label'], 'text-size': big ? 18 : 11.5, 'text-font': font, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-optional': true }, paint: { 'text-color': text, 'text-halo-color': halo, 'text-halo-width': 1.6 } });
    m.addLayer({ id: 'call-names', type: 'symbol', source: 'calls', minzoom: 13.6, layout: { 'text-field': ['get', 'label'], 'text-size': big ? 18 : 11.5, 'text-font': font, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-optional': true }, paint: { 'text-color': dark ? '#ffb3b3' : '#9b1c1c', 'text-halo-color': halo, 'text-halo-width': 1.6 } });
    this.draw(m);
  }

  set(m: Map, units: readonly Unit[], calls: readonly Call[], now: number): void { this.units = units; this.calls = calls; this.now = now; this.draw(m, false); }
  setWays(m: Map, ways: readonly Way[]): void { this.ways = ways; this.draw(m); }

  private draw(m: Map, all = true): void {
    if (!m.getSource('units')) return;
    const put = (id: string, f: GeoJSON.Feature[]): void => { m.getSource<GeoJSONSource>(id)!.setData(collection(f)); };
    const point = (at: [number, number], properties: Record<string, unknown>): GeoJSON.Feature => ({ type: 'Feature', geometry: { type: 'Point', coordinates: at }, properties });
    const way = new globalThis.Map(this.ways.map((w) => [w.unit, w]));
    put('units', this.units.map((u) => { const w = way.get(u.id); return point(u.at, { id: u.id, doing: doing(u), shape: u.lost ? '?' : shapeOf(u.kind), label: name(u.name) + (u.lost ? ` · ${t('unit.lost')}` : w ? `\n${span(w.eta)} (${span(w.early)}–${span(w.late)})` : '') }); }));
    put('calls', this.calls.map((c) => point(c.at, { id: c.id, priority: c.priority, shape: callShapes[c.kind ?? ''] ?? '✚', state: c.status === 'ringing' || c.status === 'waiting' ? 'open' : c.status === 'assigned' ? 'assigned' : 'served', label: c.status === 'waiting' || c.status === 'ringing' ? t('call.waits', { t: span(Math.max(0, this.now - c.ring)) }) : c.status === 'assigned' ? t('call.since', { t: clock(c.ring) }) : '' })));
    if (!all) return;
    put('ways', this.ways.filter((w) => w.line.length > 1).map((w) => ({ type: 'Feature', geometry: { type: 'LineString', coordinates: w.line }, properties: { id: w.unit, priority: w.priority } })));
    put('lights', this.ways.flatMap((w) => w.lights.map((l) => point(l.at, { id: l.id, shows: l.shows, held: l.held, label: `+${span(l.arrive)}` }))));
  }
}

/** The layers of people on the map. */
export const peopleLayers = ['ways-casing', 'ways', 'lights', 'light-times', 'calls', 'units', 'people-names', 'call-names'] as const;
