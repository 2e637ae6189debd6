import type { Play, Street } from './api';
import { el } from './dom';
import { svg, ticks } from './svg';
import { clock, name, number, seconds, t } from './texts';

/** What moves over a diagram: metres along the street, or nothing. */
export type Pointer = (metres: number | undefined) => void;

/** A street's time–space diagram: its signals' greens past and to come, the waves that they let through, who drives along. which: 0 as it will be led, 1 the other way. */
export function diagram(s: Street, which: number, width: number, height: number, point: Pointer): SVGElement {
  const big = innerWidth >= 2000, size = big ? 17 : 11.5, names = s.signals.map((g) => cross(name(g.name), name(s.name)));
  const left = Math.min(width * 0.3, Math.max(60, ...names.map((n) => wide(n) * size)) + 14), right = 14, top = 6, bottom = big ? 30 : 20;
  const play = s.plays[which], w = width - left - right, h = height - top - bottom, x = (sec: number): number => left + ((sec + s.past) / (s.past + s.ahead)) * w, y = (m: number): number => top + h - (m / Math.max(1, s.length)) * h;
  const parts: SVGElement[] = [], root = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': t('street.diagram'), class: 'timespace' });
  parts.push(svg('rect', { x: x(0), y: top, width: x(s.ahead) - x(0), height: h, class: 'ahead' }));
  const metres = ticks(0, s.length, Math.max(2, Math.floor(h / (big ? 70 : 45))));
  for (const m of metres) parts.push(svg('line', { x1: left, x2: left + w, y1: y(m), y2: y(m), class: 'grid' }));
  const greens = s.signals.map((g, i): [number, number][] => join([...g.greens, ...(play?.greens[i] ?? [])]));
  for (const wave of waves(s, greens)) parts.push(svg('polygon', { points: wave.map(([sec, m]) => `${x(sec).toFixed(1)},${y(m).toFixed(1)}`).join(' '), class: 'wave' }));
  for (const [list, cls] of [[s.trails, 'past'], [play?.trails ?? [], 'next']] as const) for (const tr of list) parts.push(svg('polyline', { points: tr.along.map(([sec, m]) => `${x(sec).toFixed(1)},${y(m).toFixed(1)}`).join(' '), class: `trail ${cls} ${tr.mode}` }));
  let last = Infinity;
  s.signals.forEach((g, i) => {
    const at = y(g.along), thick = big ? 5 : 3.5;
    parts.push(svg('rect', { x: x(-s.past), y: at - thick / 2, width: x(g.known) - x(-s.past), height: thick, class: 'unknown' }), svg('rect', { x: x(g.known), y: at - thick / 2, width: x(s.ahead) - x(g.known), height: thick, class: 'red' }));
    for (const [a, b] of greens[i]!) parts.push(svg('rect', { x: x(Math.max(a, -s.past)), y: at - thick / 2, width: Math.max(0, x(Math.min(b, s.ahead)) - x(Math.max(a, -s.past))), height: thick, class: a >= 0 ? 'green next' : 'green' }, svg('title', {}, `${name(g.name)} · ${t('street.green', { a: clock(s.now + a, true), b: clock(s.now + b, true) })}`)));
    if (last - at > size * 1.15) {
      const words = names[i]!, most = Math.floor((words.length * (left - 8)) / (wide(words) * size));
      parts.push(svg('text', { x: left - 8, y: at + size * 0.35, 'text-anchor': 'end', style: `font-size:${size}px` }, svg('title', {}, name(g.name)), words.length > most ? words.slice(0, most - 1) + '…' : words));
      last = at;
    }
  });
  for (const sec of [-300, -240, -180, -120, -60, 0, 60, 120, 180]) if (sec >= -s.past && sec <= s.ahead) parts.push(svg('text', { x: x(sec), y: height - 5, 'text-anchor': sec === s.ahead ? 'end' : sec === -s.past ? 'start' : 'middle', class: sec ? 'quiet' : 'now', style: `font-size:${size}px` }, sec ? `${sec > 0 ? '+' : '−'}${Math.abs(sec) / 60}′` : t('now')));
  // Metres stand on their lines where no signal's bar does.
  for (const m of metres) if (m > 0 && y(m) > top + size && s.signals.every((g) => Math.abs(y(g.along) - y(m) + size / 2) > size)) parts.push(svg('text', { x: left + 3, y: y(m) - 3, class: 'quiet metres', style: `font-size:${size * 0.9}px` }, `${number(m)} m`));
  parts.push(svg('line', { x1: x(0), x2: x(0), y1: top, y2: top + h, class: 'nowline' }));
  root.append(...parts);
  root.addEventListener('pointermove', (e) => { const b = root.getBoundingClientRect(), m = ((top + h - ((e as PointerEvent).clientY - b.top) * (height / b.height)) / h) * s.length; point(m >= 0 && m <= s.length ? m : undefined); });
  root.addEventListener('pointerleave', () => point(undefined));
  return root;
}

/** A junction's name without the street that it is looked at along. */
function cross(junction: string, street: string): string {
  const rest = street ? junction.replace(street, '').replace(/^[\s/·\u4e0e–\-&]+|[\s/·\u4e0e–\-&]+$/g, '').replace(/^(and|at)\s+|\s+(and|at)$/g, '') : junction;
  return rest || junction;
}

/** How wide words are, in letters' heights: a Chinese character is as wide as it is high. */
const wide = (words: string): number => [...words].reduce((n, c) => n + (c > '\u2e80' ? 1 : 0.56), 0);

/** Greens in order, those that meet joined. */
function join(list: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const [a, b] of [...list].sort((p, q) => p[0] - q[0])) {
    const l = out[out.length - 1];
    if (l && a <= l[1] + 1) l[1] = Math.max(l[1], b); else out.push([a, b]);
  }
  return out;
}

/** Green waves: between neighbouring signals, what starts in one's green and at the limit's pace comes in the next one's. */
function waves(s: Street, greens: readonly (readonly [number, number][])[]): [number, number][][] {
  const list: [number, number][][] = [];
  for (let i = 1; i < s.signals.length; i++) {
    const from = s.signals[i - 1]!.along, to = s.signals[i]!.along, takes = s.pace[i]?.seconds ?? 0;
    for (const [a, b] of greens[i - 1]!) for (const [c, d] of greens[i]!) {
      const lo = Math.max(a, c - takes, -s.past), hi = Math.min(b, d - takes, s.ahead - takes);
      if (hi - lo >= 2) list.push([[lo, from], [hi, from], [hi + takes, to], [lo + takes, to]]);
    }
  }
  return list;
}

/** The width of the waves: the share of each pair's green that goes on without a stop, over the time to come. */
function through(s: Street, p: Play): number {
  let all = 0, on = 0;
  for (let i = 1; i < s.signals.length; i++) {
    const takes = s.pace[i]?.seconds ?? 0;
    for (const [a, b] of p.greens[i - 1] ?? []) {
      if (a + takes > s.ahead) continue;
      all += Math.min(b, s.ahead - takes) - a;
      for (const [c, d] of p.greens[i] ?? []) on += Math.max(0, Math.min(b, d - takes) - Math.max(a, c - takes));
    }
  }
  return all > 0 ? on / all : 0;
}

/** How those along the street and those who cross it fare, as it will be led and the other way. */
export function figures(s: Street, which: number, choose: (k: number) => void): HTMLElement {
  const label = (p: Play): string => t(p.led ? 'street.led' : 'street.plans');
  const all = [...new Set(s.plays.flatMap((p) => p.modes.map((m) => m.mode)))];
  const row = (words: string, f: (p: Play) => string, why = ''): HTMLElement => el('tr', { title: why }, el('td', {}, words), ...s.plays.map((p, k) => el('td', { className: k === which ? 'n shown' : 'n' }, f(p))));
  return el('div.figures', {}, el('table', {},
    el('tr', { role: 'radiogroup', ariaLabel: t('street.swap') }, el('th', {}, ''), ...s.plays.map((p, k) => el('th.n', {}, el('button', { role: 'radio', ariaChecked: String(k === which), className: k === which ? 'current' : '', title: t(k ? 'street.other' : 'street.will'), onclick: () => choose(k) }, label(p), k ? '' : ' ✓')))),
    row(t('street.along'), (p) => (p.of ? seconds(p.delay) : '–')),
    row(t('street.through'), (p) => number(100 * through(s, p)) + ' %'),
    el('tr', {}, el('th', { colSpan: 3 }, t('street.modes'))),
    ...all.map((mode) => row(t(`mode.${mode}`), (p) => { const m = p.modes.find((x) => x.mode === mode); return m ? seconds(m.seconds) : '–'; }, mode === 'walk' ? t('delay.walk') : ''))));
}

/** What the colours say. */
export const keys = (s: Street): HTMLElement => el('div.keys', {}, ...(['green', 'red', 'unknown', 'wave', 'trail', 'next', 'bus'] as const).filter((k) => k !== 'unknown' || s.signals.some((g) => g.known > -s.past)).map((k) => el('span.leg', {}, el('i', { className: `ts-${k}` }), t(`street.key.${k}`))));
