import type { ModeDelay } from './api';
import { el } from './dom';
import { number, seconds, t } from './texts';

/** Delay by mode as bars, of one course of things or of two beside each other: how it will be led, and the other way. */
export function modes(of: readonly (readonly ModeDelay[])[], names: readonly string[] = []): HTMLElement {
  const most = Math.max(10, ...of.flatMap((list) => list.map((m) => m.seconds))), all = [...new Set(of.flatMap((list) => list.map((m) => m.mode)))];
  return el('div.modes', {}, ...all.map((mode) => el('div', {}, el('span', {}, t(`mode.${mode}`)),
    el('div', {}, ...of.map((list, i) => {
      const m = list.find((x) => x.mode === mode);
      return el('div.bar1', { title: names[i] ?? '', className: 'bar1' + (i ? ' other' : '') }, el('i', { style: { width: `${(100 * (m?.seconds ?? 0)) / most}%` } }), m ? `${seconds(m.seconds)}${m.of ? ` · ${t('delay.vehicles', { n: number(m.of) })}` : ''}` : '–');
    })))),
    all.includes('walk') ? el('p.quiet', {}, t('delay.walk')) : el('span'));
}
