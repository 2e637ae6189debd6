import type { Junction } from './api';
import { el } from './dom';
import { svg } from './svg';
import { clock, name, number, seconds as s, t } from './texts';
import { modes } from './delay';

/** A junction opened: its movements as they lie, north up, green where they go, as wide as who waits; the next two minutes; the runner-up. */
export function junction(j: Junction): HTMLElement[] {
  const rings = j.stages[0]?.phases?.length;
  return [
    el('h3', {}, t('junction.movements'), el('span.quiet', {}, ' · ', t(j.flashing ? 'junction.flashing' : j.fallen ? 'junction.fallen' : j.led ? 'junction.led' : 'junction.planned'))),
    el('div.junction', {}, diagram(j)),
    el('p.quiet', {}, t('junction.key')),
    el('h3', {}, t('junction.ahead')),
    el('div.junction', {}, ahead(j)),
    rings ? el('p.quiet', {}, t('junction.rings', { n: rings })) : null,
    el('h3', {}, t('junction.why')),
    el('p', {}, why(j)),
    j.begins === undefined ? null : costs(j, j.begins),
    el('h3', {}, t('delay.movement')),
    el('table.delays', {}, ...movements(j)),
    el('h3', {}, t('delay.mode')),
    modes([j.delay]),
    ...detectors(j),
    j.countdown ? el('p.quiet', {}, t('junction.countdown')) : null,
    j.signed ? null : el('p.quiet', {}, t('junction.unsigned')),
  ].filter((e) => e !== null);
}

/** The detectors that the brain leaves out, with why and since when. */
function detectors(j: Junction): HTMLElement[] {
  if (!j.detectors.length) return [];
  return [el('h3', {}, t('junction.detectors')),
    el('table.faults', {}, ...j.detectors.map((d) => el('tr', {}, el('td', {}, name(d.street), ' ', el('span.quiet', {}, name(d.lanes))), el('td', {}, name(d.state)), el('td.n', {}, t('junction.since', { t: clock(d.since) })))))];
}

function diagram(j: Junction): SVGElement {
  const far = Math.max(1, ...j.movements.flatMap((m) => m.paths.flat().map(([x, y]) => Math.max(Math.abs(x), Math.abs(y))))) * 1.2;
  const going = new Set(j.stage >= 0 ? j.stages[j.stage]?.movements : []), unit = far / 60;
  const lines: SVGElement[] = [], labels: SVGElement[] = [];
  // What goes is drawn last, above what waits.
  const order = j.movements.map((_, i) => i).sort((a, b) => Number(going.has(a)) - Number(going.has(b)));
  for (const i of order) {
    const m = j.movements[i]!, kind = (m.walkers || m.cyclists ? 'walk' : 'drive') + (going.has(i) ? ' go' : '');
    const title = (): SVGElement => svg('title', {}, `${name(m.street)} · ${m.walkers || m.cyclists ? t(m.walkers ? 'junction.walkers' : 'junction.cyclists') : `${way(m)} · ${t('junction.waiting', { n: number(m.queue, 1) })}`}`);
    for (const path of m.paths) {
      const line = svg('polyline', { points: path.map(([x, y]) => `${x},${-y}`).join(' '), class: kind, 'stroke-width': unit * (m.walkers || m.cyclists ? 2 : 1.2 + Math.min(4, m.queue / 4)) }, title());
      if (m.walkers || m.cyclists) line.setAttribute('stroke-dasharray', `${unit * 1.5} ${unit * 1.5}`);
      else line.setAttribute('marker-end', going.has(i) ? 'url(#arrow-go)' : 'url(#arrow)');
      lines.push(line);
    }
    const [a, b] = m.paths[0] ?? [];
    if (!m.walkers && m.queue >= 0.5 && a && b) {
      // The number stands behind the stop line, in line with the way in; turns of one approach spread by where they lead.
      const d = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1, side = { left: -8, straight: 0, right: 8, uturn: -16 }[m.turn] * unit;
      const ux = (b[0] - a[0]) / d, uy = (b[1] - a[1]) / d;
      labels.push(svg('text', { x: a[0] - ux * 5 * unit + uy * side, y: -(a[1] - uy * 5 * unit - ux * side), style: `font-size:${unit * 6.5}px` }, number(m.queue, 0)));
    }
  }
  const head = (id: string, kind: string): SVGElement => svg('marker', { id, viewBox: '0 0 6 6', refX: 3, refY: 3, markerWidth: 3.2, markerHeight: 3.2, orient: 'auto' }, svg('path', { d: 'M0,0 L6,3 L0,6 z', class: kind }));
  return svg('svg', { viewBox: `${-far} ${-far} ${2 * far} ${2 * far}`, role: 'img', 'aria-label': t('junction.movements') }, svg('defs', {}, head('arrow', 'head'), head('arrow-go', 'head go')), ...lines, ...labels);
}

const seconds = 120;

type Movement = Junction['movements'][number];
const sides = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;

/** Where a movement comes from, by the compass, and how it turns. */
function way(m: Movement): string {
  const [x, y] = m.paths[0]?.[0] ?? [0, 0], [u, v] = m.paths[0]?.[1] ?? [0, 0], from = sides[Math.round((Math.atan2(x - u, y - v) / Math.PI) * 4 + 8) % 8]!;
  return `${t(`junction.from.${from}`)} · ${t(`junction.${m.turn}`)}`;
}

/** A stage as its controller counts: its number, or those of its phases. */
const label = (j: Junction, i: number): string => j.stages[i]?.phases?.join('+') ?? String(i + 1);
const stage = (j: Junction, i: number): string => t(j.stages[i]?.phases ? 'junction.phases' : j.stages[i]?.onDemand ? 'junction.demand' : 'junction.stage', { n: label(j, i) });

interface Row { words: string; now: boolean; greens: [number, number][]; gap: number }

/** A row for each stage, of those on demand where they come; for each phase where the controller runs rings, which stays green where the next stage has it too. */
function rows(j: Junction): Row[] {
  if (!j.stages[0]?.phases) return j.stages.map((s, i): Row & { shown: boolean } => {
    const greens = j.greens.filter((g) => g.stage === i).map((g): [number, number] => [g.from, g.to]);
    return { words: label(j, i), now: i === j.stage, greens, gap: 0, shown: !s.onDemand || i === j.stage || greens.length > 0 };
  }).filter((r) => r.shown);
  return j.stages[0].phases.flatMap((_, ring) => [...new Set(j.stages.map((s) => s.phases![ring]!))].sort((a, b) => a - b).map((phase, k) => {
    const greens: [number, number][] = [], has = (i: number): boolean => j.stages[i]?.phases?.[ring] === phase;
    j.greens.forEach((g, i) => {
      if (!has(g.stage)) return;
      const last = i > 0 && has(j.greens[i - 1]!.stage) ? greens.at(-1) : undefined;
      if (last) last[1] = g.to; else greens.push([g.from, g.to]);
    });
    return { words: String(phase), now: has(j.stage), greens, gap: ring && !k ? 6 : 0 };
  }));
}

function ahead(j: Junction): SVGElement {
  const high = 15, left = 22, w = 260, x = (s: number): number => left + (s / seconds) * (w - left - 16), parts: SVGElement[] = [];
  let y = 0;
  for (const r of rows(j)) {
    y += r.gap;
    parts.push(svg('text', { x: 0, y: y + 11, class: r.now ? 'now' : '' }, r.words), svg('rect', { x: x(0), y: y + 3, width: x(seconds) - x(0), height: 9, class: 'red' }));
    for (const [from, to] of r.greens) parts.push(svg('rect', { x: x(from), y: y + 3, width: x(to) - x(from), height: 9, class: 'green' }, svg('title', {}, `${r.words} · +${from} – +${to} s`)));
    y += high;
  }
  for (const s of [0, 30, 60, 90, 120]) parts.push(svg('text', { x: x(s), y: y + 12, class: 'quiet', 'text-anchor': s ? 'middle' : 'start' }, s ? `+${s} s` : t('now')));
  return svg('svg', { viewBox: `0 0 ${w} ${y + 14}`, role: 'img', 'aria-label': t('junction.ahead') }, ...parts);
}

function why(j: Junction): string {
  const r = j.runnerUp;
  if (!j.led) return t('junction.byplan');
  if (j.fixed) return t('junction.fixed');
  if (!r) return t('junction.alone');
  const s = stage(j, r.stage), v = number(r.vehicleSeconds);
  return r.vehicleSeconds < 0.5 ? t('junction.same', { s }) : t('junction.costs', { s, v });
}

const listed = 6; // beginnings at most

/** What the best plan that begins with each stage would cost more than the one followed; the runner-up is the second. */
function costs(j: Junction, begins: number): HTMLElement {
  const list = j.stages.map((s, i) => ({ i, more: s.more })).filter((s): s is { i: number; more: number } => s.more !== undefined).sort((a, b) => Number(b.i === begins) - Number(a.i === begins) || a.more - b.more).slice(0, listed);
  return el('table.delays.costs', {}, el('tr', {}, el('th', {}, t('junction.begins')), el('th', {}, t('junction.more'))),
    ...list.map((s) => el('tr', { className: s.i === begins ? 'best' : '' }, el('td', {}, stage(j, s.i)), el('td.n', {}, s.i === begins ? t('junction.chosen') : '+' + number(s.more)))));
}

/** Each vehicles' movement with who waits now and what it waits for, the longest first. */
function movements(j: Junction): HTMLElement[] {
  const list = j.movements.filter((m) => !m.walkers && (m.served > 0 || m.queue >= 0.5)).sort((a, b) => b.delay - a.delay);
  return [el('tr', {}, el('th', {}, t('delay.way')), el('th', {}, t('delay.queue')), el('th', {}, t('delay.each')), el('th', {}, t('delay.of'))),
    ...list.map((m) => el('tr', {}, el('td', {}, name(m.street), ' ', el('span.quiet', {}, way(m))), el('td.n', {}, number(m.queue)), el('td.n', {}, m.served > 0 ? s(m.delay) : '–'), el('td.n', {}, number(m.served))))];
}
