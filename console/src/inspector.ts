import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import * as api from './api';
import { el, fill } from './dom';
import { effect } from './inbox';
import { clock, name, number, t, type Key } from './texts';

const units: Record<string, string> = { MTR: 'm', MMT: 'mm', MQS: 'm³/s', KMH: 'km/h', P1: '%', SEC: 's', C62: '' };

/** Whatever was clicked: its state, its history, who reported it and when. */
export class Inspector {
  private current = '';
  constructor(private readonly holder: HTMLElement) { this.clear(); }

  clear(): void {
    this.current = '';
    fill(this.holder, el('p.quiet', {}, t('inspector.empty')));
  }

  async show(id: string): Promise<void> {
    this.current = id;
    let e: api.Entity;
    try { e = await api.entity(id); } catch (err) {
      if (this.current === id) fill(this.holder, el('p.quiet', {}, String(err)));
      return;
    }
    if (this.current !== id) return;
    const chart = el('div.chart');
    const value = (a: api.Attribute): string => {
      if (typeof a.value === 'number') return number(a.value, a.value % 1 === 0 ? 0 : 2) + ' ' + (units[a.unit ?? ''] ?? a.unit ?? '');
      return typeof a.value === 'string' || typeof a.value === 'boolean' ? String(a.value) : JSON.stringify(a.value);
    };
    fill(this.holder,
      el('h2', {}, name(e.name) || e.id), el('p.quiet', {}, e.type, ' · ', el('code', {}, e.id)),
      el('table', {}, ...e.attributes.map((a) => el('tr', { className: typeof a.value === 'number' ? 'pick' : '', onclick: () => void (typeof a.value === 'number' && this.plot(chart, e.id, a)) },
        el('th', {}, a.name), el('td', {}, value(a)), el('td.quiet', {}, a.observed ? clock(a.observed, true) : '')))),
      chart,
      el('p.quiet', {}, t('from'), ': ', name(e.department), e.feed ? ` · ${e.feed}` : ''));
    const first = e.attributes.find((a) => typeof a.value === 'number' && a.observed);
    if (first) await this.plot(chart, e.id, first);
  }

  private async plot(holder: HTMLElement, id: string, a: api.Attribute): Promise<void> {
    const points = await api.history(id, a.name);
    if (this.current !== id) return;
    fill(holder, el('h3', {}, `${t('history')}: ${a.name}`));
    const css = getComputedStyle(holder), text = css.getPropertyValue('--text').trim(), grid = css.getPropertyValue('--line').trim();
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    new uPlot({ width: holder.clientWidth || 260, height: 140, legend: { show: false }, cursor: { y: false },
      axes: [{ ...axis, values: (_u, v) => v.map((x) => clock(x)) }, { ...axis, size: 46 }],
      series: [{}, { stroke: css.getPropertyValue('--water').trim(), width: 1.5, points: { show: points.length < 40, size: 4 } }] },
      [points.map((p) => p.observed), points.map((p) => p.value)], holder);
  }

  decision(d: api.Decision, compare: (base: string, other: string) => void): void {
    this.current = d.id;
    fill(this.holder,
      el('h2', {}, name(d.title)), el('p', {}, el('span.state', { data: { state: d.state } }, t(('st.' + d.state) as Key)), ` ${t('made')} ${clock(d.made)} · ${t('until')} ${clock(d.deadline)}`, d.by && ` · ${t('by')} ${d.by}`),
      el('h3', {}, t('why')), el('p', {}, name(d.why)),
      el('h3', {}, t('expected')), el('p', {}, effect(d.expected)), el('p.quiet', {}, t('ifnot') + ': ' + name(d.ifnot)),
      el('h3', {}, t('came')), el('p', {}, effect(d.came)),
      el('h3', {}, t('branches')), el('p', {}, el('code', {}, d.base), ' ⇄ ', el('code', {}, d.with)),
      d.base && el('button', { onclick: () => compare(d.base, d.with) }, t('compare')));
  }
}
