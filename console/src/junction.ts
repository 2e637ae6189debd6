import type { Junction } from './api';
import { el } from './dom';
import { svg } from './svg';
import { clock, name, number, seconds as s, t } from './texts';
import { modes } from './delay';

/** A junction opened: its movements as they lie, north up, green where they go, as wide as who waits; the next two minutes; the runner-up. */
export function junction(j: Junction): HTMLElement[] {
  return [
    el('h3', {}, t('junction.movements'), el('span.quiet', {}, ' · ', t(j.flashing ? 'junction.flashing' : j.fallen ? 'junction.fallen' : j.led ? 'junction.led' : 'junction.planned'))),
    el('div.junction', {}, diagram(j)),
    el('h3', {}, t('junction.ahead')),
    el('div.junction', {}, ahead(j)),
    el('p', {}, why(j)),
    el('h3', {}, t('delay.movement')),
    el('table.delays', {}, ...movements(j)),
    el('h3', {}, t('delay.mode')),
    modes([j.delay]),
    ...detectors(j),
    j.stages[0]?.phases ? el('p.quiet', {}, t('junction.rings', { n: j.stages[0].phases.length })) : el('span'),
    j.countdown ? el('p.quiet', {}, t('junction.countdown')) : el('span'),
    j.signed ? el('span') : el('p.quiet', {}, t('junction.unsigned')),
  ];
}

/** The detectors that the brain leaves out, with why and since when. */
function detectors(j: Junction): HTMLElement[] {
  if (!j.detectors.length) return [];
  return [el('h3', {}, t('junction.detectors')),
    el('table.faults', {}, ...j.detectors.map((d) => el('tr', {}, el('td', {}, name(d.street), ' ', el('span.quiet', {}, name(d.lanes))), el('td', {}, name(d.state)), el('td.n', {}, t('junction.since', { t: clock(d.since) })))))];
}

function diagram(j: Junction): SVGElement {
  const far = Math.max(1, ...j.movements.flatMap((m) => m.paths.flat().map(([x, y]) => Math.max(Math.abs(x), Math.abs(y))))) * 1.25;
  const going = new Set(j.stage >= 0 ? j.stages[j.stage]?.movements : []), unit = far / 60;
  const lines: SVGElement[] = [], labels: SVGElement[] = [];
  // What goes is drawn last, above what waits.
  const order = j.movements.map((_, i) => i).sort((a, b) => Number(going.has(a)) - Number(going.has(b)));
  for (const i of order) {
    const m = j.movements[i]!, kind = (m.walkers || m.cyclists ? 'walk' : 'drive') + (going.has(i) ? ' go' : '');
    const title = (): SVGElement => svg('title', {}, `${name(m.street)} · ${t(m.walkers ? 'junction.walkers' : m.cyclists ? 'junction.cyclists' : (`junction.${m.turn}` as const))}${m.walkers || m.cyclists ? '' : ` · ${t('junction.waiting', { n: number(m.queue, 1) })}`}`);
    for (const path of m.paths) {
      const line = svg('polyline', { points: path.map(([x, y]) => `${x},${-y}`).join(' '), class: kind, 'stroke-width': unit * (m.walkers || m.cyclists ? 2 : 1.2 + Math.min(4, m.queue / 4)) }, title());
      if (m.walkers || m.cyclists) line.setAttribute('stroke-dasharray', `${unit * 1.5} ${unit * 1.5}`);
      else line.setAttribute('marker-end', going.has(i) ? 'url(#arrow-go)' : 'url(#arrow)');
      lines.push(line);
    }
    const [a, b] = m.paths[0] ?? [];
    if (!m.walkers && m.queue >= 0.5 && a && b) {
      // The number stands behind the stop line, in line with the way in; turns of one approach spread by where they lead.
      const d = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1, side = { left: -5, straight: 0, right: 5, uturn: -9 }[m.turn] * unit;
      const ux = (b[0] - a[0]) / d, uy = (b[1] - a[1]) / d;
      labels.push(svg('text', { x: a[0] - ux * 5 * unit + uy * side, y: -(a[1] - uy * 5 * unit - ux * side), style: `font-size:${unit * 7}px` }, number(m.queue, 0)));
    }
  }
  const head = (id: string, kind: string): SVGElement => svg('marker', { id, viewBox: '0 0 6 6', refX: 3, refY: 3, markerWidth: 3.2, markerHeight: 3.2, orient: 'auto' }, svg('path', { d: 'M0,0 L6,3 L0,6 z', class: kind }));
  return svg('svg', { viewBox: `${-far} ${-far} ${2 * far} ${2 * far}`, role: 'img', 'aria-label': t('junction.movements') }, svg('defs', {}, head('arrow', 'head'), head('arrow-go', 'head go')), ...lines, ...labels);
}

const seconds = 120;

/** A stage as its controller counts: its number, or those of its phases. */
function label(j: Junction, i: number): string {
  return j.stages[i]?.phases?.join('+') ?? String(i + 1);
}

function stage(j: Junction, i: number): string {
  return t(j.stages[i]?.phases ? 'junction.phases' : 'junction.stage', { n: label(j, i) });
}

function ahead(j: Junction): SVGElement {
  const row = 15, left = Math.max(22, ...j.stages.map((_, i) => 7 * label(j, i).length)), right = 34, w = 260, x = (s: number): number => left + (s / seconds) * (w - left - right), h = row * j.stages.length + 14, parts: SVGElement[] = [];
  j.stages.forEach((s, i) => {
    const y = i * row;
    parts.push(svg('text', { x: 0, y: y + 11, class: i === j.stage ? 'now' : '' }, label(j, i)), svg('rect', { x: x(0), y: y + 3, width: x(seconds) - x(0), height: 9, class: 'red' }));
    for (const g of j.greens) if (g.stage === i) parts.push(svg('rect', { x: x(g.from), y: y + 3, width: x(g.to) - x(g.from), height: 9, class: 'green' }, svg('title', {}, `${stage(j, i)} · +${g.from} – +${g.to} s`)));
    if (s.more !== undefined) parts.push(svg('text', { x: x(seconds) + 4, y: y + 11, class: 'quiet' }, svg('title', {}, t('junction.more')), number(s.more / 60, 1)));
  });
  for (const s of [0, 30, 60, 90, 120]) parts.push(svg('text', { x: x(s), y: h - 2, class: 'quiet', 'text-anchor': s ? 'middle' : 'start' }, s ? `+${s} s` : t('now')));
  return svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': t('junction.ahead') }, ...parts);
}

function why(j: Junction): string {
  const r = j.runnerUp;
  if (!j.led) return t('junction.byplan');
  if (!r) return t('junction.alone');
  return t('junction.costs', { s: stage(j, r.stage), v: number(r.vehicleSeconds / 60, 1) });
}

/** Each vehicles' movement with what it waits for, the longest first. */
function movements(j: Junction): HTMLElement[] {
  const list = j.movements.filter((m) => !m.walkers && m.served > 0).sort((a, b) => b.delay - a.delay);
  return [el('tr', {}, el('th', {}, t('delay.way')), el('th', {}, t('delay.each')), el('th', {}, t('delay.of'))),
    ...list.map((m) => el('tr', {}, el('td', {}, name(m.street), ' ', el('span.quiet', {}, t(`junction.${m.turn}` as const))), el('td.n', {}, s(m.delay)), el('td.n', {}, number(m.served))))];
}
