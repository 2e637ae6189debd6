import type { MapMouseEvent } from 'maplibre-gl';
import type { CityMap } from './map';

/** Has somebody choose a line on the map: each click a point; Enter or a click on the last one ends it, Escape gives it up. */
export class LinePick {
  private points: [number, number][] = [];
  private on = false;
  constructor(private readonly map: CityMap, private readonly trace: (line: [number, number][]) => void, private readonly done: (line: [number, number][] | undefined) => void) {}

  get active(): boolean { return this.on; }

  start(): void {
    this.on = true;
    this.points = [];
    this.map.picking = (e) => this.click(e);
    this.map.map.getCanvas().style.cursor = 'crosshair';
    this.map.map.doubleClickZoom.disable();
    this.map.map.on('mousemove', this.move);
  }
  private click(e: MapMouseEvent): void {
    const last = this.points.at(-1), p = last && this.map.map.project(last);
    if (p && Math.hypot(p.x - e.point.x, p.y - e.point.y) < 8) { this.finish(true); return; }
    this.points.push([e.lngLat.lng, e.lngLat.lat]);
    this.trace(this.points);
    if (this.points.length === 100) this.finish(true);
  }
  private readonly move = (e: MapMouseEvent): void => { if (this.points.length) this.trace([...this.points, [e.lngLat.lng, e.lngLat.lat]]); };

  finish(keep: boolean): void {
    if (!this.on) return;
    this.on = false;
    this.map.picking = undefined;
    this.map.map.off('mousemove', this.move);
    this.map.map.getCanvas().style.cursor = '';
    this.map.map.doubleClickZoom.enable();
    this.trace([]);
    this.done(keep && this.points.length > 1 ? this.points : undefined);
  }
}
