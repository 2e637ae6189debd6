import { AttributionControl, Map, Marker, ScaleControl, setWorkerUrl, type CanvasSource, type MapMouseEvent, type StyleSpecification } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { districts as readDistricts, type Call, type City, type Decision, type Detail, type Effect, type Grid, type Unit, type Way } from './api';
import { Damage } from './damage';
import { Ground } from './ground';
import type { Places } from './motion';
import { Overlay } from './overlay';
import { People, peopleLayers } from './people';
import type { Water } from './stream';
import { style } from './style';
import { Surface, type Classes } from './surface';
import { language, name } from './texts';
import { VehicleLayer } from './vehicles';
import { assessable, late, priced } from './trust';
import { depthAt, dry, paint } from './water';

setWorkerUrl(worker);

export type LayerName = 'vehicles' | 'water' | 'signals' | 'speed' | 'people' | 'coverage' | 'equipment' | 'damage' | 'buildings';

/** One map of the city, with everything that moves on it. Two of them, clipped against each other, are a comparison. */
export class CityMap {
  readonly map: Map;
  readonly ground: Ground;
  readonly vehicles: VehicleLayer;
  private readonly canvas = document.createElement('canvas');
  private ready = false;
  private speeds: Uint8Array | undefined;
  private stages: Uint8Array | undefined;
  private lastWater: Water | undefined;
  private expected = false;
  private readonly people = new People();
  private readonly coverage: Surface;
  private readonly reach: Surface;
  readonly overlay = new Overlay();
  private fitted = '';
  /** Takes clicks in place of the selection while somebody chooses a line. */
  picking: ((e: MapMouseEvent) => void) | undefined;
  private stale = '';
  private readonly hidden = new Set<LayerName>(['damage', 'coverage']);
  private damage: Damage | undefined;
  private losses: readonly Effect[] = [];
  private readonly bounds: [number, number, number, number];
  private signals: GeoJSON.FeatureCollection | undefined;
  private marks: Marker[] = [];
  private marked = '';

  constructor(readonly holder: HTMLElement, readonly city: City, private dark: boolean, pick: (id: string | undefined, at: [number, number]) => void, interactive = true) {
    this.ground = new Ground(city);
    this.coverage = new Surface('coverage', this.ground, ['#0b1220', '#ffffff']);
    this.reach = new Surface('reach', this.ground, ['#d9ccff', '#4527a0']);
    this.vehicles = new VehicleLayer(this.ground);
    this.vehicles.dark = dark;
    const lons = city.corners.map((p) => p[0]), lats = city.corners.map((p) => p[1]);
    const bounds = this.bounds = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] as [number, number, number, number];
    this.map = new Map({
      container: holder, style: style(dark, language(), bounds, city.attribution.join(' · ')), bounds, fitBoundsOptions: { padding: 10 }, pitch: 45, bearing: -12, maxPitch: 70,
      localIdeographFontFamily: '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif',
      attributionControl: false, fadeDuration: 0, dragRotate: true, interactive: true, canvasContextAttributes: { antialias: true },
    });
    this.map.addControl(new AttributionControl({ compact: false }));
    if (interactive) {
      this.map.addControl(new ScaleControl({ maxWidth: 110 }), 'bottom-left');
    }
    this.whole();
    // Without the server it is tried again.
    const furnish = (): void => { this.furnish().catch(() => setTimeout(furnish, 3000)); };
    this.map.on('style.load', furnish);
    this.map.on('click', (e) => {
      if (this.picking) { this.picking(e); return; }
      const at = [[e.point.x - 5, e.point.y - 5], [e.point.x + 5, e.point.y + 5]] as [[number, number], [number, number]];
      const order = ['units', 'calls', 'lights', 'ways', 'equipment', 'signals', 'places', 'high', 'fast', 'main', 'tertiary', 'local', 'damage'];
      const found = this.map.queryRenderedFeatures(at, { layers: order.filter((l) => this.map.getLayer(l)) });
      found.sort((a, b) => order.indexOf(a.layer.id) - order.indexOf(b.layer.id));
      pick(found[0]?.properties['id'] as string | undefined, [e.lngLat.lng, e.lngLat.lat]);
    });
  }

  private async furnish(): Promise<void> {
    const m = this.map;
    if (!this.signals) this.signals = (await (await fetch('api/signals')).json()) as GeoJSON.FeatureCollection;
    if (priced() && !this.damage) this.damage = new Damage(await readDistricts());
    if (m.getSource('signals')) return;
    this.damage?.add(m, this.dark);
    m.addSource('flood', { type: 'canvas', canvas: this.canvas, animate: false, coordinates: [[0, 0.1], [0.1, 0.1], [0.1, 0], [0, 0]] });
    m.addLayer({ id: 'flood', type: 'raster', source: 'flood', paint: { 'raster-fade-duration': 0, 'raster-resampling': 'nearest', 'raster-opacity': this.dark ? 0.9 : 0.8 } }, 'buildings');
    m.addLayer(this.vehicles, 'street-names');
    m.addSource('signals', { type: 'geojson', data: this.signals });
    m.addLayer({ id: 'signals', type: 'circle', source: 'signals', minzoom: 12, paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 12, 1.6, 15, 5, 18, 10],
      'circle-color': ['match', ['coalesce', ['feature-state', 'show'], 0], 1, '#37c88b', 2, '#f0b93c', '#7d8aa0'],
      'circle-stroke-color': ['case', ['==', ['coalesce', ['feature-state', 'brain'], 0], 1], '#d5f5e8', this.dark ? '#0b1220' : '#ffffff'], 'circle-stroke-width': 1 } });
    m.addSource('equipment', { type: 'geojson', data: 'api/equipment' });
    m.addLayer({ id: 'equipment', type: 'symbol', source: 'equipment', minzoom: 12.5, layout: {
      'text-field': ['match', ['get', 'kind'], 'pump', '◉', 'gate', '⧉', '◌'], 'text-size': ['interpolate', ['linear'], ['zoom'], 12.5, 9, 16, 18], 'text-font': ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'], 'text-allow-overlap': true },
      paint: { 'text-color': this.dark ? '#9bb8e0' : '#2a4d7f', 'text-halo-color': this.dark ? '#0b1220' : '#ffffff', 'text-halo-width': 1.2 } });
    this.coverage.add(m, this.dark, 'buildings');
    this.reach.add(m, this.dark, 'buildings');
    this.overlay.add(m, this.dark);
    this.people.add(m, this.dark);
    this.ready = true;
    for (const l of this.hidden) this.show(l, false);
    if (this.speeds) this.setSpeeds(this.speeds);
    if (this.stages) this.setSignals(this.stages);
    if (this.lastWater) this.setWater(this.lastWater, this.expected);
    this.setDamage(this.losses);
    this.stale = '';
    this.markStale();
    this.holder.dataset['ready'] = 'yes';
  }

  /** Draws the city anew in another theme or language. */
  restyle(dark: boolean): void {
    this.dark = dark;
    this.vehicles.dark = dark;
    this.ready = false;
    this.holder.dataset['ready'] = 'no';
    this.map.setStyle(style(dark, language(), this.bounds, this.city.attribution.join(' · ')) as StyleSpecification, { diff: false });
  }

  setVehicles(v: Places, jump = false): void { if (this.ready) this.vehicles.update(v, jump); }

  /** Draws depths; expected: as a branch expects them, hatched. */
  setWater(w: Water, expected = false): void {
    this.lastWater = w;
    this.expected = expected;
    if (!this.ready) return;
    const corners = paint(w, this.canvas, this.ground, expected, assessable());
    const s = this.map.getSource<CanvasSource>('flood')!;
    s.setCoordinates(corners);
    s.play();
    this.map.once('render', () => s.pause());
  }

  /** One byte pair a junction: what it shows (1 green, 2 changing) and whether the brain leads it. */
  setSignals(b: Uint8Array): void {
    const old = this.stages;
    this.stages = b;
    if (!this.ready) return;
    for (let i = 0; 2 * i + 1 < b.length; i++) if (!old || old === b || old[2 * i] !== b[2 * i] || old[2 * i + 1] !== b[2 * i + 1]) this.map.setFeatureState({ source: 'signals', id: i }, { show: b[2 * i]!, brain: b[2 * i + 1]! });
  }

  /** One byte a link: its speed over its limit, in 255ths. Only changes are told to the map. */
  setSpeeds(ratio: Uint8Array): void {
    const old = this.speeds;
    this.speeds = ratio;
    if (!this.ready || this.hidden.has('speed')) return;
    for (let i = 0; i < ratio.length; i++) {
      const step = ratio[i]! >> 4;
      if (!old || old === ratio || old[i]! >> 4 !== step) this.map.setFeatureState({ source: 'city', sourceLayer: 'streets', id: i }, { ratio: step / 15 });
    }
  }

  /** The water drawn. */
  get water(): Water { return this.lastWater ?? dry; }
  /** Depth of the water drawn, cm, at a longitude and latitude. */
  depthAt(at: [number, number]): number { return depthAt(this.water, ...this.ground.metres(...at)); }

  /** The districts' ids, in the order of a forecast's damages. */
  get districts(): readonly string[] { return this.damage?.ids ?? []; }
  /** Draws the damage that the newest forecast expects in each district. */
  setDamage(losses: readonly Effect[]): void {
    this.losses = losses;
    if (this.ready) this.damage?.draw(this.map, losses);
  }

  /** Takes away all that moves, for a time or a branch that says nothing of it. */
  still(): void {
    this.vehicles.clear();
    this.setSignals(new Uint8Array(this.stages?.length ?? 0));
    this.setSpeeds(new Uint8Array(this.speeds?.length ?? 0).fill(255));
    this.setPeople([], [], 0);
    this.setWays([]);
  }

  /** Fades what rests on a feed that is late: signals, pumps, gates, gauges, units. */
  markStale(): void {
    if (!this.ready) return;
    const old = (kind: string): boolean => late(kind).length > 0, key = ['signals', 'pump', 'gate', 'gauge', 'units'].map(old).join();
    if (key === this.stale) return;
    this.stale = key;
    this.map.setPaintProperty('signals', 'circle-opacity', old('signals') ? 0.25 : 1);
    this.map.setPaintProperty('equipment', 'text-opacity', ['match', ['get', 'kind'], 'pump', old('pump') ? 0.3 : 1, 'gate', old('gate') ? 0.3 : 1, old('gauge') ? 0.3 : 1]);
    for (const id of ['units', 'calls']) this.map.setPaintProperty(id, 'text-opacity', old('units') ? 0.35 : 1);
  }

  setPeople(units: readonly Unit[], calls: readonly Call[], now: number): void { this.people.set(this.map, units, calls, now); }
  /** Draws the ways of those who go to a call, and the signals on them. */
  setWays(ways: readonly Way[]): void { this.people.setWays(this.map, ways); }

  setCoverage(grid: Grid, classes: Classes): void {
    this.coverage.draw(this.map, grid, classes);
    this.coverage.show(this.map, !this.hidden.has('coverage'));
  }
  /** Draws how long it takes from a place to everywhere, lines labelled; undefined: nothing. */
  setReach(grid?: Grid, classes: Classes = [], labels: readonly string[] = []): void {
    if (grid) this.reach.draw(this.map, grid, classes, labels); else this.reach.clear(this.map);
  }
  /** The chance in % that a call at a place is reached in time, as drawn. */
  coveredAt(at: [number, number]): number | undefined { return this.hidden.has('coverage') ? undefined : this.coverage.at(...this.ground.metres(...at)); }
  /** Draws what a decision rests on. */
  setDetail(d: Detail | undefined): void {
    this.overlay.detail(this.map, d);
    const all = [...(d?.choices ?? []).slice(0, 3).flatMap((c) => c.line), ...(d?.leaving?.blocks ?? []).flatMap((b) => b.outline.flat()), ...(d?.leaving?.shelters ?? []).map((s) => s.at)], lons = all.map((p) => p[0]), lats = all.map((p) => p[1]);
    if (all.length < 2 || d!.id === this.fitted) return;
    this.fitted = d!.id;
    this.map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: { top: 110, bottom: 60, left: 50, right: 60 }, maxZoom: 15.5, duration: 600, pitch: this.map.getPitch(), bearing: this.map.getBearing() });
  }

  /** Puts a mark where each open decision acts. */
  setDecisions(list: Decision[]): void {
    const key = list.filter((d) => d.state === 'proposed').map((d) => d.id).join();
    if (key === this.marked) return;
    this.marked = key;
    for (const m of this.marks) m.remove();
    this.marks = list.filter((d) => d.state === 'proposed' && d.at).map((d) => {
      const el = document.createElement('div');
      el.className = 'mark';
      el.title = name(d.title);
      return new Marker({ element: el }).setLngLat(d.at!).addTo(this.map);
    });
  }

  show(layer: LayerName, on: boolean): void {
    if (on) this.hidden.delete(layer); else this.hidden.add(layer);
    if (layer === 'vehicles') { this.vehicles.visible = on; this.map.triggerRepaint(); return; }
    if (!this.ready) return;
    if (layer === 'coverage') { this.coverage.show(this.map, on); return; }
    if (layer === 'speed') {
      if (on && this.speeds) this.setSpeeds(this.speeds); else this.map.removeFeatureState({ source: 'city', sourceLayer: 'streets' });
      return;
    }
    for (const id of layer === 'water' ? ['flood'] : layer === 'people' ? peopleLayers : layer === 'damage' ? ['damage', 'damage-edges', 'damage-names'] : [layer]) if (this.map.getLayer(id)) this.map.setLayoutProperty(id, 'visibility', on ? 'visible' : 'none');
  }
  /** Shows the whole city as at the start; flat: from above, north up. */
  whole(flat = false): void {
    this.map.fitBounds(this.bounds, { padding: 10, pitch: flat ? 0 : 45, bearing: flat ? 0 : -12, animate: false });
    if (!flat) this.map.setZoom(this.map.getZoom() + 0.9);
  }
  shown(layer: LayerName): boolean { return !this.hidden.has(layer); }
  flyTo(at: [number, number]): void { this.map.easeTo({ center: at, zoom: Math.max(15, this.map.getZoom()), duration: 600 }); }
}
