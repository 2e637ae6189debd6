import * as api from './api';
import { el, fill } from './dom';
import type { CityMap } from './map';
import { frameAt, type Handlers, type Statistic } from './stream';
import { clock, number, t } from './texts';
import { assessable, caveat } from './trust';
import { dry, wetness } from './water';

/** One map and what it shows: a branch ('' is main) at the bar's time, or so many seconds after now. */
export interface Pane { map: CityMap; branch: string; ahead: number }

/** The city's time, the bar's (0: now), the statistic of a forecast's members that is drawn, and whether the connection is lost. */
export interface Times { now(): number; bar(): number; show(): Statistic; lost(): boolean }

/** The time that a pane shows, and whether that is main as it goes on. */
export const timeOf = (p: Pane, x: Times): number => (p.ahead ? x.now() + p.ahead : x.bar() || x.now());
export const isLive = (p: Pane, x: Times): boolean => p.branch === '' && p.ahead === 0 && x.bar() === 0;

/** Loads what a pane shows when that is not the live stream. Says why not, where it can't. */
export async function load(p: Pane, x: Times, h: Handlers): Promise<string> {
  const at = timeOf(p, x);
  let wet = false, roads: Uint8Array | undefined, said = '';
  const r = await frameAt(at, p.branch, x.show(), p.map.ground, { ...h, water: (w) => { wet = true; h.water(w); }, speeds: (v) => { roads = v; if (!p.branch) h.speeds(v); } });
  if (p.branch) p.map.still();
  if (p.branch && roads) h.speeds(roads); // a trial of signals
  if (!wet) p.map.setWater(dry, p.branch !== '');
  if (r === 404) said = t('compare.gone');
  else if (p.branch && roads) said = t('compare.streets', { n: number(100 * pace(roads)) });
  else if (p.branch && !wet) said = t('compare.nothing');
  return said;
}

/** How fast streets are on the whole, of their limits. */
const pace = (ratio: Uint8Array): number => ratio.reduce((n, v) => n + v, 0) / Math.max(1, ratio.length) / 255;

/** Two maps over each other, divided by a bar: each side a branch and a time of its own. */
export class Compare {
  readonly right: Pane;
  private share = 0.5;
  private readonly heads = [el('div.side.left'), el('div.side.right')] as const;
  private said: [string, string] = [t('loading'), t('loading')];
  private names: string[] = [];

  constructor(private readonly stage: HTMLElement, private readonly holder: HTMLElement, private readonly bar: HTMLElement, readonly left: Pane, map: CityMap, branch: string, ahead: number, private readonly times: Times,
    private readonly changed: (p: Pane) => void, private readonly stop: () => void) {
    this.right = { map, branch, ahead };
    const a = left.map.map, b = map.map;
    let busy = false;
    const tie = (from: typeof a, to: typeof a): void => { from.on('move', () => {
      if (busy) return;
      busy = true;
      to.jumpTo({ center: from.getCenter(), zoom: from.getZoom(), bearing: from.getBearing(), pitch: from.getPitch() });
      busy = false;
    }); };
    b.jumpTo({ center: a.getCenter(), zoom: a.getZoom(), bearing: a.getBearing(), pitch: a.getPitch() });
    tie(a, b); tie(b, a);
    bar.hidden = holder.hidden = false;
    bar.tabIndex = 0;
    bar.setAttribute('role', 'separator');
    bar.setAttribute('aria-label', t('compare.bar'));
    fill(bar, el('span.grip', {}, '⇔'));
    bar.onpointerdown = (e) => { bar.setPointerCapture(e.pointerId); bar.onpointermove = (m) => { if (m.buttons) this.cut((m.clientX - stage.getBoundingClientRect().left) / stage.clientWidth); }; };
    bar.onkeydown = (e) => { if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') { this.cut(this.share + (e.key === 'ArrowLeft' ? -0.02 : 0.02)); e.stopPropagation(); e.preventDefault(); } };
    stage.append(...this.heads);
    this.cut(0.5);
    void this.list();
  }

  /** Moves the division to a share of the stage's width. */
  cut(share: number): void {
    this.share = Math.max(0.05, Math.min(0.95, share));
    const x = this.share * this.stage.clientWidth;
    this.bar.style.left = x + 'px';
    this.bar.setAttribute('aria-valuenow', String(Math.round(this.share * 100)));
    this.holder.style.clipPath = `inset(0 0 0 ${x}px)`;
    this.heads[0].style.right = this.stage.clientWidth - x + 14 + 'px';
    this.heads[1].style.left = x + 14 + 'px';
  }
  get shareLeft(): number { return this.share; }

  private async list(): Promise<void> {
    this.names = (await api.branches().catch(() => [])).map((b) => b.name).reverse();
    this.draw();
  }

  /** Notes what a side could not show, and draws the heads. */
  tell(p: Pane, said: string): void {
    this.said[p === this.left ? 0 : 1] = said;
    this.draw();
  }

  draw(): void {
    [this.left, this.right].forEach((p, i) => {
      if (this.heads[i]!.contains(document.activeElement)) return;
      const names = [...new Set(['', ...(p.branch ? [p.branch] : []), ...this.names.slice(0, 60)])];
      const branch = el('select', { ariaLabel: t('compare.side'), title: t('compare.side'), onchange: () => { p.branch = branch.value; branch.blur(); this.changed(p); } }, ...names.map((n) => el('option', { value: n, selected: n === p.branch }, n || t('main'))));
      const time = el('select', { ariaLabel: t('compare.time'), title: t('compare.time'), onchange: () => { p.ahead = Number(time.value); time.blur(); this.changed(p); } },
        ...[0, 15, 30, 45, 60, 75, 90, 105, 120].map((m) => el('option', { value: String(m * 60), selected: m * 60 === p.ahead }, m ? t('compare.later', { n: m }) : this.times.bar() ? t('compare.sametime') : t('now'))));
      const w = wetness(p.map.water), expected = p.branch !== '' || timeOf(p, this.times) > this.times.now(), live = isLive(p, this.times), lost = live && this.times.lost();
      fill(this.heads[i]!, el('div', {}, branch, p === this.left ? null : time, p === this.right && el('button', { onclick: this.stop, ariaLabel: t('compare.stop'), title: t('compare.stop') }, '×')),
        el('div', {}, el('strong', {}, clock(timeOf(p, this.times))), ' ', el(lost ? 'span.warn' : 'span.quiet', {}, t(expected ? 'forecast' : lost ? 'lost' : live ? 'live' : 'past')), ' · ',
          this.said[i] || (assessable() ? el('span', {}, expected && `${t(`show.${p.map.water.shows}`)}: `, p.map.water.shows === 'chance' ? t('chance.area', { n: number(w.deepest), km2: number(w.km2, 2) }) : `${t('deepest')} ${number(w.deepest / 100, 2)} m · ${number(w.km2, 2)} km² ${t('wet')} `) : ''), !this.said[i] && caveat()));
    });
  }

  close(): void {
    this.right.map.map.remove();
    for (const h of this.heads) h.remove();
    this.holder.hidden = this.bar.hidden = true;
    fill(this.holder);
  }
}
