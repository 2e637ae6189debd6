import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Lang } from './texts';

const palette = {
  dark: { land: '#0b1220', water: '#12335c', creek: '#164272', road: '#24344f', main: '#34507c', fast: '#4a5fa0', casing: '#0b1220', building: '#22334d', tower: '#5a7fb0', text: '#c4cfdf', halo: '#0b1220', area: '#6d7f98', place: '#7f93b2' },
  light: { land: '#f3f2ee', water: '#a9cbe6', creek: '#b6d5ea', road: '#ffffff', main: '#fdf6e3', fast: '#f6dfb0', casing: '#d3d0c8', building: '#dfdcd4', tower: '#c3c6cf', text: '#333a45', halo: '#f7f6f2', area: '#8a8f99', place: '#6d7480' },
} as const;
const fonts = ['Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'DejaVu Sans', 'sans-serif'];

/** The map's style: our own tiles of the city pack and nothing from outside. */
export function style(dark: boolean, lang: Lang, bounds: [number, number, number, number], attribution: string): StyleSpecification {
  const c = dark ? palette.dark : palette.light;
  const label = ['coalesce', ['get', lang === 'zh' ? 'name_zh' : 'name'], ['get', 'name'], ['get', 'name_zh'], ''] as unknown as string;
  const width = (z12: number, z16: number): unknown => ['interpolate', ['exponential', 1.6], ['zoom'], 11, z12 * 0.6, 13, z12, 16, z16, 19, z16 * 4];
  const street = (id: string, classes: number[], level: 'ground' | 'high', colour: unknown, z12: number, z16: number, casing: boolean): LayerSpecification => ({
    id, type: 'line', source: 'city', 'source-layer': 'streets',
    filter: ['all', ['in', ['get', 'class'], ['literal', classes]], level === 'high' ? ['>', ['get', 'level'], 0] : ['<=', ['get', 'level'], 0]],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': casing ? width(z12 + 1, z16 + 2) : width(z12, z16), 'line-opacity': ['case', ['<', ['get', 'level'], 0], 0.45, 1] },
  } as LayerSpecification);
  // Colour means state: grey-blue is free flow, amber slow, red standing.
  const jam = (base: string): unknown => ['interpolate', ['linear'], ['coalesce', ['feature-state', 'ratio'], 1], 0.12, '#e5484d', 0.3, '#f0a03c', 0.55, base];
  return {
    version: 8,
    sources: {
      city: { type: 'vector', tiles: [location.origin + location.pathname.replace(/[^/]*$/, '') + 'tiles/{z}/{x}/{y}'], minzoom: 9, maxzoom: 15, bounds, attribution },
    },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': c.land } },
      { id: 'water', type: 'fill', source: 'city', 'source-layer': 'water', paint: { 'fill-color': ['match', ['get', 'kind'], 'river', c.water, c.creek] } },
      street('local', [5, 6], 'ground', c.road, 0.6, 5, false),
      street('tertiary', [4], 'ground', jam(c.road), 1.2, 8, false),
      street('main-casing', [2, 3], 'ground', c.casing, 2, 12, true),
      street('main', [2, 3], 'ground', jam(c.main), 2, 12, false),
      street('fast-casing', [0, 1], 'ground', c.casing, 2.4, 14, true),
      street('fast', [0, 1], 'ground', jam(c.fast), 2.4, 14, false),
      { id: 'buildings', type: 'fill-extrusion', source: 'city', 'source-layer': 'buildings', minzoom: 12.5,
        paint: { 'fill-extrusion-color': ['interpolate', ['linear'], ['get', 'height'], 0, c.building, 250, c.tower], 'fill-extrusion-height': ['get', 'height'], 'fill-extrusion-opacity': 0.86 } },
      street('high-casing', [0, 1, 2, 3, 4, 5, 6], 'high', c.casing, 2.6, 15, true),
      street('high', [0, 1, 2, 3, 4, 5, 6], 'high', jam(c.fast), 2.6, 15, false),
      { id: 'street-names', type: 'symbol', source: 'city', 'source-layer': 'streets', minzoom: 13.5, filter: ['<=', ['get', 'class'], 4],
        layout: { 'symbol-placement': 'line', 'text-field': label, 'text-font': fonts, 'text-size': 11, 'text-max-angle': 30, 'symbol-spacing': 380 },
        paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.4 } },
      { id: 'water-names', type: 'symbol', source: 'city', 'source-layer': 'labels', filter: ['==', ['get', 'kind'], 'water'],
        layout: { 'text-field': label, 'text-font': fonts, 'text-size': 13, 'text-letter-spacing': 0.15 }, paint: { 'text-color': dark ? '#6fa5d8' : '#3d74a6', 'text-halo-color': c.halo, 'text-halo-width': 1 } },
      { id: 'district-names', type: 'symbol', source: 'city', 'source-layer': 'labels', maxzoom: 14.5, filter: ['==', ['get', 'kind'], 'district'],
        layout: { 'text-field': label, 'text-font': fonts, 'text-size': 15, 'text-letter-spacing': 0.08 }, paint: { 'text-color': c.area, 'text-halo-color': c.halo, 'text-halo-width': 1.5 } },
      { id: 'places', type: 'circle', source: 'city', 'source-layer': 'places', minzoom: 13.2,
        paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 13, 2, 17, 6], 'circle-color': c.place, 'circle-stroke-color': c.halo, 'circle-stroke-width': 1 } },
      { id: 'place-names', type: 'symbol', source: 'city', 'source-layer': 'places', minzoom: 15,
        layout: { 'text-field': label, 'text-font': fonts, 'text-size': 10.5, 'text-offset': [0, 1], 'text-anchor': 'top' }, paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.2 } },
    ] as LayerSpecification[],
  };
}
