import { AttributionControl, Map, Marker, NavigationControl, ScaleControl, setWorkerUrl, type CanvasSource, type GeoJSONSource, type StyleSpecification } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Call, City, Decision, Unit } from './api';
import { Ground } from './ground';
import type { Vehicles, Water } from './stream';
import { style } from './style';
import { language, name } from './texts';
import { VehicleLayer } from './vehicles';
import { paint } from './water';

setWorkerUrl(worker);

export type LayerName = 'vehicles' | 'water' | 'signals' | 'buildings' | 'speed';

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
  private readonly hidden = new Set<LayerName>();
  private signals: GeoJSON.FeatureCollection | undefined;
  private marks: Marker[] = [];

  constructor(readonly holder: HTMLElement, readonly city: City, private dark: boolean, pick: (id: string) => void, interactive = true) {
    this.ground = new Ground(city);
    this.vehicles = new VehicleLayer(this.ground);
    const lons = city.corners.map((p) => p[0]), lats = city.corners.map((p) => p[1]);
    const bounds: [number, number, number, number] = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    this.map = new Map({
      container: holder, style: style(dark, language(), bounds, city.attribution.join(' · ')), bounds, fitBoundsOptions: { padding: 10 }, pitch: 45, bearing: -12, maxPitch: 70,
      localIdeographFontFamily: '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif',
      attributionControl: false, fadeDuration: 0, dragRotate: true, interactive: true, canvasContextAttributes: { antialias: true },
    });
    this.map.addControl(new AttributionControl({ compact: false }));
    if (interactive) {
      this.map.addControl(new NavigationControl({ visualizePitch: true }), 'bottom-right');
      this.map.addControl(new ScaleControl({ maxWidth: 110 }), 'bottom-left');
    }
    this.map.setZoom(this.map.getZoom() + 0.9);
    this.map.on('style.load', () => void this.furnish());
    this.map.on('click', (e) => {
      const at = [[e.point.x - 5, e.point.y - 5], [e.point.x + 5, e.point.y + 5]] as [[number, number], [number, number]];
      const order = ['units', 'calls', 'equipment', 'signals', 'places', 'high', 'fast', 'main', 'tertiary', 'local'];
      const found = this.map.queryRenderedFeatures(at, { layers: order.filter((l) => this.map.getLayer(l)) });
      found.sort((a, b) => order.indexOf(a.layer.id) - order.indexOf(b.layer.id));
      const id = found[0]?.properties['id'] as string | undefined;
      if (id) pick(id);
    });
  }

  private async furnish(): Promise<void> {
    const m = this.map, none: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
    if (!this.signals) this.signals = (await (await fetch('api/signals')).json()) as GeoJSON.FeatureCollection;
    if (m.getSource('signals')) return;
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
    for (const [id, colour, glyph] of [['calls', '#ff6b6b', '✚'], ['units', this.dark ? '#ffffff' : '#111827', '▲']] as const) {
      m.addSource(id, { type: 'geojson', data: none });
      m.addLayer({ id, type: 'symbol', source: id, layout: { 'text-field': glyph, 'text-size': id === 'calls' ? 18 : 15, 'text-font': ['Noto Sans CJK SC', 'DejaVu Sans', 'sans-serif'], 'text-allow-overlap': true },
        paint: { 'text-color': id === 'units' ? ['match', ['get', 'status'], 'to_scene', '#ff8f4d', 'to_hospital', '#ff8f4d', colour] : colour, 'text-halo-color': this.dark ? '#0b1220' : '#ffffff', 'text-halo-width': 1.6 } });
    }
    this.ready = true;
    for (const l of this.hidden) this.show(l, false);
    if (this.speeds) this.setSpeeds(this.speeds);
    if (this.stages) this.setSignals(this.stages);
    if (this.lastWater) this.setWater(this.lastWater);
    this.holder.dataset['ready'] = 'yes';
  }

  /** Draws the city anew in another theme or language. */
  restyle(dark: boolean): void {
    this.dark = dark;
    this.vehicles.dark = dark;
    this.ready = false;
    const b = this.map.getStyle().sources['city'] as { bounds: [number, number, number, number] };
    this.map.setStyle(style(dark, language(), b.bounds, this.city.attribution.join(' · ')) as StyleSpecification, { diff: false });
  }

  setVehicles(v: Vehicles, jump = false): void { if (this.ready) this.vehicles.update(v, jump); }

  setWater(w: Water): void {
    this.lastWater = w;
    if (!this.ready) return;
    const corners = paint(w, this.canvas, this.ground);
    const s = this.map.getSource<CanvasSource>('flood')!;
    s.setCoordinates(corners);
    s.play();
    this.map.once('render', () => s.pause());
  }

  /** One byte pair a junction: what it shows (1 green, 2 changing) and whether the brain leads it. */
  setSignals(b: Uint8Array): void {
    this.stages = b;
    if (!this.ready) return;
    for (let i = 0; 2 * i + 1 < b.length; i++) this.map.setFeatureState({ source: 'signals', id: i }, { show: b[2 * i]!, brain: b[2 * i + 1]! });
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

  setPeople(units: Unit[], calls: Call[]): void {
    if (!this.ready) return;
    const fc = (list: { id: string; at: [number, number]; status: string }[]): GeoJSON.FeatureCollection => ({
      type: 'FeatureCollection', features: list.map((x) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: x.at }, properties: { id: x.id, status: x.status } })),
    });
    this.map.getSource<GeoJSONSource>('units')!.setData(fc(units));
    this.map.getSource<GeoJSONSource>('calls')!.setData(fc(calls));
  }

  /** Puts a mark where each open decision acts. */
  setDecisions(list: Decision[]): void {
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
    if (layer === 'speed') {
      if (on && this.speeds) this.setSpeeds(this.speeds); else this.map.removeFeatureState({ source: 'city', sourceLayer: 'streets' });
      return;
    }
    const id = layer === 'water' ? 'flood' : layer;
    if (this.map.getLayer(id)) this.map.setLayoutProperty(id, 'visibility', on ? 'visible' : 'none');
  }
  shown(layer: LayerName): boolean { return !this.hidden.has(layer); }
  flyTo(at: [number, number]): void { this.map.easeTo({ center: at, zoom: Math.max(15, this.map.getZoom()), duration: 600 }); }
}
