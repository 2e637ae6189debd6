import * as api from './api';
import { el, fill } from './dom';
import type { CityMap } from './map';
import { bytes, type Classes } from './surface';
import { clock, minutes, name, number, t } from './texts';

/** Minutes at which the bands of an isochrone end. */
export const bands = [2, 4, 8, 12, 16, 20] as const;
const violet: readonly (readonly [number, number, number, number])[] = [[108, 60, 245, 165], [128, 84, 246, 138], [148, 110, 246, 112], [168, 136, 244, 88], [186, 160, 242, 66], [204, 186, 240, 46]];
const kinds = ['ambulance', 'fire_engine', 'police', 'rescue_boat', 'mobile_pump', 'car', 'walk'] as const;

/** Classes of a reach whose values are steps of so many seconds. */
const classes = (step: number): Classes => [...bands.map((_, i) => [i ? (bands[i - 1]! * 60) / step : 0, violet[i]!] as const), [(bands.at(-1)! * 60) / step, [0, 0, 0, 0]] as const];

/** Classes of the chance that the next call is reached in time, in %: what is ill covered is warm and dense. */
export const coverClasses: Classes = [[0, [206, 60, 40, 150]], [25, [226, 112, 52, 122]], [50, [238, 168, 84, 92]], [75, [150, 182, 160, 58]], [90, [62, 160, 150, 62]]];
/** One colour for a legend. */
export const rgba = (c: readonly number[]): string => `rgb(${c.slice(0, 3).join(' ')} / ${(c[3]! / 255).toFixed(2)})`;

/** What is reached from a place in so many minutes, drawn on the map with a box that says for whom and by which roads. */
export class ReachBox {
  private at: [number, number] | undefined;
  private kind: string = 'ambulance';
  private asked = 0;
  constructor(private readonly holder: HTMLElement, private readonly map: CityMap, private readonly time: () => number, private readonly changed: (at?: [number, number], kind?: string) => void) { holder.hidden = true; }

  get open(): boolean { return this.at !== undefined; }

  /** Draws what is reached from a place; of a kind, if one is given. */
  async from(at: [number, number], kind = this.kind): Promise<void> {
    this.at = at;
    this.kind = (kinds as readonly string[]).includes(kind) ? kind : 'ambulance';
    this.changed(at, this.kind);
    await this.again();
  }

  /** Asks once more, for the bar's time. */
  async again(): Promise<void> {
    if (!this.at) return;
    const mine = ++this.asked, when = this.time();
    if (this.holder.hidden) this.draw(el('p.quiet', {}, t('loading')));
    try {
      const r = await api.reach(this.at, this.kind, when);
      if (mine !== this.asked || !this.at) return;
      this.map.setReach(r.grid, classes(r.step), bands.map((m) => minutes(m)));
      const v = bytes(r.grid.values), km2 = (m: number): string => number((v.reduce((n, x) => n + (x < (m * 60) / r.step ? 1 : 0), 0) * r.grid.cell ** 2) / 1e6, 1);
      this.draw(el('div', {}, el('strong', {}, name(r.street) || t('reach.place')), ' ', el('span.quiet', {}, t('reach.roads', { t: clock(r.roads) }))),
        el('div.bands', {}, ...bands.map((m, i) => el('span', {}, el('i', { style: { background: rgba(violet[i]!) } }), el('b', {}, minutes(m)), el('small.quiet', {}, `${km2(m)} km²`)))));
    } catch (e) {
      if (mine !== this.asked) return;
      this.map.setReach(undefined);
      const why = e instanceof api.Refused && (e.status === 422 || e.status === 404) ? t('reach.none') : t('failed');
      this.draw(el('p.warn', { title: e instanceof Error ? e.message : String(e) }, why));
    }
  }

  private draw(...body: HTMLElement[]): void {
    this.holder.hidden = false;
    const select = el('select', { ariaLabel: t('reach.kind'), onchange: () => { select.blur(); if (this.at) void this.from(this.at, select.value); } }, ...kinds.map((k) => el('option', { value: k, selected: k === this.kind }, t(`kind.${k}`))));
    fill(this.holder, el('div.top', {}, el('strong', {}, t('reach')), select, el('button', { onclick: () => this.close(), ariaLabel: t('close'), title: t('close') }, '×')), ...body);
  }
  /** Draws its words anew, in another language. */
  redraw(): void { if (this.at) void this.again(); }

  close(): void {
    this.at = undefined;
    this.asked++;
    this.holder.hidden = true;
    this.map.setReach(undefined);
    this.changed();
  }
}
