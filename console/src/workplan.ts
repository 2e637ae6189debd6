import type { Workplan } from './api';
import { el } from './dom';
import { clock, minutes, name, number, seconds, t } from './texts';

/** What a pumping station or a gate is ordered and until when, how often it may still start, and its own levels. */
export function workplan(p: Workplan, now: number, open: (gauge: string) => void): HTMLElement[] {
  const row = (label: string, ...value: (Node | string | null | false | '')[]): HTMLElement => el('tr', {}, el('th', {}, label), el('td', {}, ...value.filter((v): v is Node | string => v !== null && v !== false && v !== '')));
  const pump = p.mayStart > 0, order = p.until === undefined || p.until === 0 ? t('plan.none') : p.order === null ? t('plan.local') : pump ? t('plan.units', { n: number(p.order) }) : p.order === 0 ? t('plan.shut') : t('plan.opening', { n: number(p.order * 100) });
  const left = (p.until ?? 0) - now;
  return [
    el('h3', {}, t('plan')),
    el('table.plan', {},
      row(t('plan.order'), el('strong', {}, order), p.until && p.by ? ` · ${t('by')} ${p.by}` : ''),
      p.until ? row(t('plan.until'), clock(p.until), ' ', el('span.quiet', {}, t('plan.then', { t: minutes(Math.max(0, left / 60)) }))) : null,
      pump ? row(t('plan.starts'), el('span', { className: p.starts >= p.mayStart ? 'warn' : '' }, t('plan.of', { n: p.starts, of: p.mayStart }))) : null,
      p.start ? row(t('plan.own'), t('plan.levels', { start: number(p.start, 2), stop: number(p.stop ?? 0, 2) })) : null,
      p.minRun || p.minRest ? row(t('plan.pace'), t('plan.least', { run: seconds(p.minRun ?? 0), rest: seconds(p.minRest ?? 0) })) : null,
      p.sill !== undefined ? row(t('plan.sill'), `${number(p.sill, 2)} m`) : null,
      row(t('plan.way'), p.fromGauge ? el('button.link', { onclick: () => open(p.fromGauge!) }, name(p.from)) : name(p.from), ' → ', name(p.to) || t('plan.river'))),
  ];
}
