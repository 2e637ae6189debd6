import type { Profile } from './api';
import { el } from './dom';
import type { Pointer } from './street';
import { svg, ticks } from './svg';
import { clock, name, number, t } from './texts';
import { ramp } from './water';

const colour = (cm: number): string => { let c: readonly number[] = [90, 190, 235, 0]; for (const [at, x] of ramp) if (cm >= at) c = x; return `rgb(${c.slice(0, 3).join(' ')})`; };

/** A long profile: ground, water as it is and as it is forecast, the drains below or a creek's levels; beneath it the depth alone, as a street's water is shallow beside its slopes. */
export function chart(p: Profile, now: number, width: number, height: number, point: Pointer): SVGElement {
  const big = innerWidth >= 2000, size = big ? 17 : 11.5, left = big ? 74 : 50, right = 16, top = 8, bottom = big ? 32 : 22, strip = p.creek ? 0 : Math.round((height - top - bottom) * 0.3), gap = strip ? (big ? 22 : 14) : 0;
  const w = width - left - right, h = height - top - bottom - strip - gap, ahead = p.time > now + 30 && p.issued > 0;
  const ground = p.ground.map((g) => g ?? NaN), seen = ground.filter((g) => !Number.isNaN(g)), levels = [...seen, ...ground.map((g, i) => g + Math.max(p.now[i]!, p.p90[i] ?? 0, p.peak[i] ?? 0)).filter((v) => !Number.isNaN(v)), ...(p.creek ? [p.creek.bed, p.creek.bank + 0.3, p.creek.q95 ?? p.creek.bank] : [])];
  const rise = Math.max(...levels) - Math.min(...levels), lo = Math.min(...levels) - (p.creek ? 0.2 : Math.max(0.8, 0.5 * rise)), hi = Math.max(...levels) + Math.max(0.3, 0.1 * rise);
  const x = (m: number): number => left + (m / Math.max(1, p.length)) * w, y = (z: number): number => top + h - ((z - lo) / Math.max(0.1, hi - lo)) * h;
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': t('profile'), class: 'profile' }), parts: SVGElement[] = [], path = (list: [number, number][]): string => list.map(([a, b], i) => `${i ? 'L' : 'M'}${a.toFixed(1)},${b.toFixed(1)}`).join('');
  const text = (at: [number, number], words: string, more: Record<string, string | number> = {}): SVGElement => svg('text', { x: at[0], y: at[1], style: `font-size:${size}px`, ...more }, words);
  parts.push(svg('defs', {}, svg('pattern', { id: 'expected', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, svg('rect', { width: 6, height: 6, class: 'hatch0' }), svg('rect', { width: 2.5, height: 6, class: 'hatch1' }))));
  for (const z of ticks(lo, hi, Math.max(2, Math.floor(h / (big ? 60 : 34))))) parts.push(svg('line', { x1: left, x2: left + w, y1: y(z), y2: y(z), class: 'grid' }), text([left - 6, y(z) + size * 0.35], number(z, hi - lo < 3 ? 1 : 0), { 'text-anchor': 'end', class: 'quiet' }));
  if (p.creek) {
    const c = p.creek, band = (a: number, b: number, cls: string): void => { parts.push(svg('rect', { x: left, width: w, y: y(Math.max(a, b)), height: Math.max(1, Math.abs(y(a) - y(b))), class: cls })); };
    const at = (z: number, cls: string, words: string): void => { parts.push(svg('line', { x1: left, x2: left + w, y1: y(z), y2: y(z), class: cls }), text([left + w - 4, y(z) - 4], `${words} ${number(z, 2)}`, { 'text-anchor': 'end', class: cls })); };
    band(lo, c.bed, 'earth');
    const level = ahead ? c.median : c.now;
    if (level !== null) band(c.bed, level, ahead ? 'water next' : 'water');
    if (ahead && c.q05 !== null && c.q95 !== null) band(c.q05, c.q95, 'spread');
    at(c.bank, 'bank', t('profile.bank')); at(c.normal, 'normal', t('profile.normal')); at(c.low, 'low', t('profile.low'));
    if (c.now !== null) at(c.now, 'level', t('now'));
    if (ahead && c.median !== null) at(c.median, 'level next', clock(p.time));
  } else {
    const surface = (depth: readonly number[]): [number, number][] => p.along.map((m, i) => [x(m), y(ground[i]! + (depth[i] ?? 0))]), whole = p.along.map((m, i): [number, number] => [x(m), y(ground[i]!)]);
    for (const run of runs(ground)) {
      const part = <T>(list: readonly T[]): T[] => list.slice(run[0], run[1]), area = (d: readonly number[]): string => path(part(surface(d))) + path(part(whole).reverse()).replace('M', 'L') + 'Z';
      parts.push(svg('path', { d: path(part(whole)) + `L${x(p.along[run[1] - 1]!)},${y(lo)}L${x(p.along[run[0]]!)},${y(lo)}Z`, class: 'earth' }));
      if (ahead) parts.push(svg('path', { d: area(p.p90), class: 'spread' }), svg('path', { d: area(p.median), class: 'water next' }));
      else parts.push(svg('path', { d: area(p.now), class: 'water' }));
      if (p.peak.length) parts.push(svg('path', { d: path(part(surface(p.peak))), class: 'peak' }));
      parts.push(svg('path', { d: path(part(whole)), class: 'ground' }));
    }
    for (const s of p.sewers) {
      const from = x(s.from), to = Math.max(x(s.to), from + 2), under = Math.max(s.invert, lo), full = Math.max(s.top, lo), level = ahead ? s.median : s.now;
      const share = level === null ? '' : ` ${number(Math.max(0, Math.min(1, (level - s.invert) / Math.max(0.1, s.top - s.invert))) * 100)} %`;
      parts.push(svg('rect', { x: from, width: to - from, y: y(full), height: Math.max(0, y(under) - y(full)), class: 'sewer' }, svg('title', {}, `${name(s.name)} · ${t('profile.full')} ${number(s.top, 2)} m`)));
      if (level !== null && level > under) parts.push(svg('rect', { x: from, width: to - from, y: y(level), height: Math.max(0, y(under) - y(level)), class: ahead ? 'insewer next' : 'insewer' }));
      if (to - from > size * 9) parts.push(text([from + 6, y(lo) - 6], `${name(s.name)}${share}`, { class: 'quiet' }));
    }
    for (let i = 1; i < p.along.length; i++) if (p.over[i] && !Number.isNaN(ground[i]!)) parts.push(svg('line', { x1: x(p.along[i - 1]!), x2: x(p.along[i]!), y1: y(ground[i]!) - 12, y2: y(ground[i]!) - 12, class: 'bridge' }));
    // The depth alone.
    const zero = height - bottom, most = Math.max(0.3, ...p.now, ...p.p90, ...p.peak), d = (v: number): number => zero - (v / most) * strip, shown = ahead ? p.median : p.now;
    parts.push(svg('line', { x1: left, x2: left + w, y1: zero, y2: zero, class: 'ground' }), text([left - 6, d(most) + size * 0.7], number(most, 1) + ' m', { 'text-anchor': 'end', class: 'quiet' }));
    if (most > 0.45) parts.push(svg('line', { x1: left, x2: left + w, y1: d(0.3), y2: d(0.3), class: 'grid' }), text([left - 6, d(0.3) + size * 0.35], '0.3', { 'text-anchor': 'end', class: 'quiet' }));
    for (let i = 0; i + 1 < p.along.length; i++) {
      const a = x(p.along[i]!), b = x(p.along[i + 1]!), v = shown[i] ?? 0, high = p.p90[i] ?? 0;
      if (ahead && high >= 0.03) parts.push(svg('rect', { x: a, width: b - a + 0.3, y: d(high), height: zero - d(high), class: 'spread' }));
      if (v >= 0.03) parts.push(svg('rect', { x: a, width: b - a + 0.3, y: d(v), height: zero - d(v), fill: colour(v * 100), opacity: ahead ? 0.7 : 1 }));
    }
    if (p.peak.length) parts.push(svg('path', { d: path(p.along.map((m, i) => [x(m), d(p.peak[i] ?? 0)])), class: 'peak' }));
  }
  let last = -Infinity;
  for (const m of [...p.marks].sort((a, b) => a.along - b.along)) {
    const at = x(m.along);
    parts.push(svg('line', { x1: at, x2: at, y1: top + h, y2: top + h + 6, class: 'tick' }, svg('title', {}, name(m.name))));
    if (m.kind !== 'signal' && at - last > size * 8) { parts.push(text([at, top + h - 10], `${m.kind === 'pump' ? '◉' : '⧉'} ${name(m.name)}`, { 'text-anchor': at > left + w * 0.8 ? 'end' : at < left + w * 0.2 ? 'start' : 'middle' })); last = at; }
  }
  for (const m of ticks(0, p.length, Math.floor(w / (big ? 150 : 90)))) parts.push(text([x(m), height - 5], m === 0 ? '0' : m >= 1000 ? `${number(m / 1000, 1)} km` : `${number(m)} m`, { 'text-anchor': m ? 'middle' : 'start', class: 'quiet' }));
  const needle = svg('line', { y1: top, y2: height - bottom, class: 'needle', visibility: 'hidden' }), said = svg('text', { y: top + size, class: 'said', style: `font-size:${size * 1.1}px` });
  root.append(...parts, needle, said);
  root.addEventListener('pointermove', (e) => {
    const b = root.getBoundingClientRect(), m = ((((e as PointerEvent).clientX - b.left) * (width / b.width) - left) / w) * p.length, inside = m >= 0 && m <= p.length;
    needle.setAttribute('visibility', inside ? 'visible' : 'hidden');
    said.textContent = '';
    point(inside ? m : undefined);
    if (!inside) return;
    let i = p.along.findIndex((a) => a >= m);
    if (i < 0) i = p.along.length - 1;
    needle.setAttribute('x1', String(x(m))); needle.setAttribute('x2', String(x(m)));
    said.setAttribute('x', String(x(m) + (x(m) > left + w / 2 ? -8 : 8))); said.setAttribute('text-anchor', x(m) > left + w / 2 ? 'end' : 'start');
    said.textContent = p.creek ? `${number(m)} m` : `${number(m)} m · ${t('profile.ground')} ${Number.isNaN(ground[i]!) ? '–' : number(ground[i]!, 2) + ' m'} · ${t('now')} ${number(p.now[i]!, 2)} m${p.median.length ? ` · ${clock(p.time)} ${number(p.median[i]!, 2)} (≤${number(p.p90[i]!, 2)}) m · ${t('profile.peak')} ${number(p.peak[i]!, 2)} m` : ''}`;
  });
  root.addEventListener('pointerleave', () => { needle.setAttribute('visibility', 'hidden'); said.textContent = ''; point(undefined); });
  return root;
}

/** Stretches of values that are there, as [from, to). */
function runs(v: readonly number[]): [number, number][] {
  const list: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= v.length; i++) {
    const there = i < v.length && !Number.isNaN(v[i]!);
    if (there && from < 0) from = i;
    if (!there && from >= 0) { if (i - from > 1) list.push([from, i]); from = -1; }
  }
  return list;
}

/** What a profile says in words. */
export function summary(p: Profile, now: number): string {
  const ahead = p.time > now + 30 && p.issued > 0, shown = ahead ? p.median : p.now;
  if (p.creek) return '';
  const most = Math.max(0, ...shown), at = shown.indexOf(most), wet = shown.filter((v) => v >= 0.15).length / Math.max(1, shown.length);
  return most < 0.03 ? t('profile.dry') : t('profile.deepest', { d: number(most, 2), m: number(p.along[at]!), share: number(wet * 100) });
}

/** What the colours say. */
export const keys = (p: Profile, ahead: boolean): HTMLElement => el('div.keys', {}, ...((p.creek ? (ahead ? ['water', 'next', 'spread'] : ['water']) : ahead ? ['next', 'spread', 'peak', 'sewer'] : ['water', 'peak', 'sewer']) as ('water' | 'next' | 'spread' | 'peak' | 'sewer')[]).map((k) => el('span.leg', {}, el('i', { className: `lp-${k}` }), t(`profile.key.${k}`))));
