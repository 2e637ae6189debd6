import uPlot from 'uplot';
import type { Hydrograph, Point } from './api';
import { el, fill } from './dom';
import { clock, number, t } from './texts';
import { caveat } from './trust';

/** A station's report against its forecast: what was reported, what was said of it half an hour before, what is said now. */
export function hydrograph(holder: HTMLElement, h: Hydrograph, observed: readonly Point[], now: number): void {
  const from = Math.min(now - 1800, Math.max(observed[0]?.observed ?? now, now - 4 * 3600));
  type Row = { seen?: number; past?: [number, number, number]; next?: [number, number, number] };
  const rows = new Map<number, Row>();
  const at = (time: number): Row => { let r = rows.get(time); if (!r) rows.set(time, r = {}); return r; };
  for (const p of observed) if (p.observed >= from) at(p.observed).seen = p.value;
  for (const p of h.past) if (p.t >= from && p.t <= now) at(p.t).past = [p.q05, p.median, p.q95];
  h.median.forEach((m, i) => { const time = h.issued + (i + 1) * h.step; if (time >= now - h.step) at(time).next = [h.q05[i]!, m, h.q95[i]!]; });
  const times = [...rows.keys()].sort((a, b) => a - b), column = (f: (r: Row) => number | undefined): (number | null)[] => times.map((x) => f(rows.get(x)!) ?? null);
  const css = getComputedStyle(holder), colour = (v: string): string => css.getPropertyValue(v).trim(), wide = holder.clientWidth || 260, big = innerWidth >= 2000;
  const quiet = colour('--quiet'), water = colour('--water'), tint = (c: string, share: number): string => `color-mix(in srgb, ${c} ${share}%, transparent)`;
  const axis = { stroke: colour('--text'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') }, font: `${big ? 16 : 11}px ${css.fontFamily}` };
  const dot = (cls: string, text: string): HTMLElement => el('span.leg', {}, el('i', { className: cls }), text);
  const box = el('div');
  const peak = h.median.reduce((best, v, i) => (h.issued + (i + 1) * h.step >= now && v > (h.median[best] ?? -Infinity) ? i : best), -1), last = observed.at(-1);
  fill(holder,
    el('h3', {}, t('hydro'), `, m${h.datum ? ` (${h.datum})` : ''} `, caveat()),
    box,
    el('div.keys', {}, dot('h-seen', t('hydro.seen')), dot('h-past', t('hydro.past')), dot('h-next', t('hydro.next'))),
    h.issued && peak >= 0 ? el('p', {}, t('hydro.peak', { v: number(h.median[peak]!, 2) + ' m', lo: number(h.q05[peak]!, 2), hi: number(h.q95[peak]!, 2) + ' m', t: clock(h.issued + (peak + 1) * h.step) }), last ? ` · ${t('now')} ${number(last.value, 2)} m` : '') : el('p.quiet', {}, t('outlook.none')),
    ...score(h, observed));
  const line = (stroke: string, width: number, dash: number[] = []): uPlot.Series => ({ stroke, width, dash, spanGaps: true, points: { show: false } });
  new uPlot({ width: wide, height: big ? 260 : 170, legend: { show: false }, cursor: { y: false }, padding: [8, 8, 0, 0],
    axes: [{ ...axis, values: (_u, v) => v.map((x) => clock(x)), space: big ? 90 : 55, size: big ? 44 : 32 }, { ...axis, size: big ? 64 : 46 }],
    bands: [{ series: [3, 1], fill: tint(quiet, 25) }, { series: [6, 4], fill: tint(water, 30) }],
    series: [{}, line('transparent', 0), line(quiet, 1.2, [2, 2]), line('transparent', 0), line('transparent', 0), line(water, 1.8, [5, 3]), line('transparent', 0), line(colour('--text'), 1.8)],
    hooks: { draw: [(u) => { const x = u.valToPos(now, 'x', true); u.ctx.save(); u.ctx.fillStyle = colour('--now'); u.ctx.fillRect(x - devicePixelRatio / 2, u.bbox.top, devicePixelRatio, u.bbox.height); u.ctx.restore(); }] } },
    [times, column((r) => r.past?.[0]), column((r) => r.past?.[1]), column((r) => r.past?.[2]), column((r) => r.next?.[0]), column((r) => r.next?.[1]), column((r) => r.next?.[2]), column((r) => r.seen)], box);
}

/** How the forecasts of half an hour before did at this station: reports within their interval. */
function score(h: Hydrograph, observed: readonly Point[]): HTMLElement[] {
  let within = 0, n = 0, i = 0;
  for (const p of h.past) {
    while (i < observed.length && observed[i]!.observed < p.t - 150) i++;
    const o = observed[i];
    if (!o || Math.abs(o.observed - p.t) > 150) continue;
    n++;
    if (o.value >= p.q05 - 0.01 && o.value <= p.q95 + 0.01) within++;
  }
  return n < 3 ? [] : [el('p.quiet', {}, t('hydro.within', { k: within, n }))];
}
