import type { Fan, Feed, Status } from './api';
import { el, fill } from './dom';
import { age, clock, name, number, t } from './texts';
import { assessable, caveat, damage, priced, staleMark } from './trust';

/** What is wrong and what will be, in a few lines, while nothing is selected. */
export function outlook(holder: HTMLElement, s: Status | undefined, fan: Fan | null, feeds: readonly Feed[], wet: { deepest: number; km2: number }, water: boolean, feedsView: () => void): void {
  if (!s) { fill(holder, el('p.quiet', {}, t('loading'))); return; }
  const line = (cls: string, ...c: (Node | string | null)[]): HTMLElement => el('p', { className: 'fact ' + cls }, ...c);
  const now: HTMLElement[] = [], x = s.totals, off = feeds.filter((f) => f.state !== 'ok');
  if (s.halted) now.push(line('bad', t('halted')));
  if (x.speed < 20 && x.vehicles > 100) now.push(line('warn', t('outlook.jam', { v: number(x.speed, 1) + ' km/h' }), staleMark('speed')));
  if (water && wet.km2 > 0.005) now.push(assessable() ? line('warn', t('outlook.water', { km2: number(wet.km2, 2) + ' km²' }), ', ', t('outlook.deep', { d: number(wet.deepest / 100, 2) + ' m' }), ' ', caveat(), staleMark('water')) : line('warn', t('outlook.wetonly')));
  if (x.calls > 0) now.push(line(x.units < 5 ? 'warn' : '', t('outlook.calls', { n: x.calls, u: x.units }), staleMark('calls')));
  if (off.length) now.push(el('button.fact.warn', { onclick: feedsView }, t('outlook.feeds', { n: off.length })));
  const next: HTMLElement[] = [];
  if (!water) next.push(line('', t('noterrain')));
  else if (!fan) next.push(line('', t('outlook.none')));
  else {
    const from = Math.max(0, Math.floor((s.clock - fan.issued) / fan.step)), top = (list: number[]): number => list.reduce((best, v, i) => (i >= from && v > (list[best] ?? -1) ? i : best), Math.min(from, list.length - 1));
    const r = top(fan.rain), d = top(fan.median);
    if ((fan.rain[r] ?? 0) > 0.5) next.push(line('', t('outlook.rain', { t: clock(fan.issued + r * fan.step), v: number(fan.rain[r]!, 0) + ' mm/h' })));
    if (assessable() && d >= 0 && fan.median[d] !== undefined) next.push(line('', t('outlook.depth', { d: number(fan.median[d]!, 2) + ' m', lo: number(fan.q05[d]!, 2), hi: number(fan.q95[d]!, 2) + ' m', t: clock(fan.issued + (d + 1) * fan.step) }), ' ', caveat()));
    if (fan.damage || !priced()) next.push(line('', t('outlook.damage', { v: '' }), damage(fan.damage)));
    next.push(el('p.quiet', {}, t('outlook.issued', { t: clock(fan.issued) }), ' · ', el('code', {}, fan.branch), staleMark('water')));
  }
  fill(holder, el('h2', {}, t('outlook')), el('h3', {}, t('outlook.wrong')), ...(now.length ? now : [line('', t('outlook.calm'))]), el('h3', {}, t('outlook.next')), ...next, el('p.quiet', {}, t('outlook.click')),
    feeds.length > 0 && el('h3', {}, t('view.exchange')),
    ...feeds.map((f) => el('button.line', { onclick: feedsView, title: `${f.protocol}${f.last ? ` · ${t('last')} ${clock(f.last, true)}` : ''}` }, el('span.glyph', { data: { state: f.state === 'ok' ? 'seen' : 'contradicted' }, ariaLabel: t(f.state) }, f.state === 'ok' ? '✓' : '⚠'), el('span', {}, name(f.name), ' ', el('small.quiet', {}, f.id)), el('time', {}, f.last ? age(s.clock - f.last) : '–'))));
}
