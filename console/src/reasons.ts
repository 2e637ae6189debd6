import type { Call, Detail, Unit, Way } from './api';
import { el } from './dom';
import { shapeOf, span } from './people';
import { clock, name, number, t } from './texts';

/** Why this unit: those who could have gone, when each would be there, what each would have cost more. */
export function choices(d: Detail, open: (unit: string) => void): HTMLElement[] {
  if (!d.choices.length) return [];
  return [el('h3', {}, t('choice')), el('table.choices', {},
    el('tr', {}, el('th', {}, t('choice.unit')), el('th', {}, t('choice.there')), el('th', { title: t('choice.cost.why') }, t('choice.cost'))),
    ...d.choices.slice(0, 3).map((c, i) => el('tr', { className: i ? '' : 'best' },
      el('td', {}, el('i', { className: `rank r${i}` }), el('button.link', { onclick: () => open(c.unit) }, `${shapeOf(c.kind)} ${name(c.name)}`)),
      el('td.n', { title: `${span(c.early_s)} – ${span(c.late_s)}` }, span(c.arrive_s), el('br'), el('small.quiet', {}, `${span(c.early_s)}–${span(c.late_s)}`)),
      el('td.n', { title: t('choice.parts', { o: number(c.outcome * 100, 1), c: number(c.coverage * 100, 1) }) }, i ? t('choice.more', { n: number(c.cost * 100, 1) }) : t('choice.goes'))))),
  el('p.quiet', {}, t('choice.why'))];
}

/** Who leaves which block for which shelter, until when, by which roads. */
export function leaving(d: Detail): HTMLElement[] {
  const l = d.leaving;
  if (!l) return [];
  const roads = new Map<string, number>();
  for (const r of l.roads) { const n = name(r.name); if (n) roads.set(n, Math.max(roads.get(n) ?? 0, r.people)); }
  const busiest = [...roads].sort((a, b) => b[1] - a[1]).slice(0, 6);
  return [
    el('h3', {}, t('leaving.blocks')), el('table', {}, ...l.blocks.map((b) => el('tr', {}, el('td', {}, name(b.name)), el('td.n', {}, t('leaving.people', { n: number(b.people) })), el('td.n', {}, `${clock(b.first)}–${clock(b.last)}`)))),
    el('h3', {}, t('leaving.shelters')), el('table', {}, ...l.shelters.map((s) => el('tr', {}, el('td', {}, '⌂ ', name(s.name)), el('td.n', {}, t('leaving.room', { n: number(s.people), of: number(s.capacity) })), el('td.n', {}, t('leaving.by', { t: clock(s.last) }))))),
    busiest.length ? el('h3', {}, t('leaving.roads')) : el('span'), el('table', {}, ...busiest.map(([n, people]) => el('tr', {}, el('td', {}, n), el('td.n', {}, t('leaving.people', { n: number(people) }))))),
  ];
}

const glyph: Record<string, string> = { green: '●', change: '◐', red: '○', unknown: '◌' };

/** A unit's way to its call: when it is there, and the lights before it as they turn. */
export function underWay(w: Way, other: string, open: (id: string) => void, link: string): HTMLElement[] {
  const far = Math.max(60, ...w.lights.map((l) => l.arrive)) * 1.08;
  return [
    el('h3', {}, t('way')),
    el('p.eta', {}, el('strong', {}, span(w.eta)), ' ', el('span.quiet', {}, t('way.spread', { a: span(w.early), b: span(w.late) })), ' ', el('button.link', { onclick: () => open(other) }, link)),
    ...(w.lights.length ? [el('h3', {}, t('way.lights')),
      el('div.lights', {}, ...w.lights.map((l) => el('i', { className: l.shows + (l.held ? ' held' : ''), style: { left: `${(100 * l.arrive) / far}%` }, title: `${name(l.name)} · ${t(`light.${l.shows}`)}` }))),
      el('table', {}, ...w.lights.map((l) => el('tr', {},
        el('td', {}, el('span', { className: `light ${l.shows}` }, glyph[l.shows] ?? ''), ' ', el('button.link', { onclick: () => open(l.id) }, name(l.name))), el('td', {}, t(`light.${l.shows}`), l.held ? ` · ${t('light.held')}` : ''), el('td.n', {}, `+${span(l.arrive)}`))))] : [el('p.quiet', {}, t('way.nolights'))]),
  ];
}

/** The section of a call or of a unit in the inspector, if one is on its way. */
export function wayOf(id: string, ways: readonly Way[], units: readonly Unit[], calls: readonly Call[], open: (id: string) => void): HTMLElement[] {
  const w = ways.find((x) => x.unit === id || x.call === id);
  if (!w) return [];
  const call = calls.find((c) => c.id === w.call), byCall = id === w.call, u = units.find((x) => x.id === w.unit);
  return underWay(w, byCall ? w.unit : w.call, open, byCall ? `${shapeOf(w.kind)} ${name(u?.name ?? w.name)}` : t('way.call', { p: w.priority, t: call ? clock(call.ring) : '' }));
}

