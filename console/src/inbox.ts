import { decide, type Decision, type Effect } from './api';
import { el, fill } from './dom';
import { clock, name, number, t, yuan, type Key } from './texts';

/** An effect with its spread; one whose interval holds zero shows no effect. */
export function effect(e: Effect | undefined): HTMLElement {
  if (!e) return el('span.quiet', {}, t('notyet'));
  const show = (v: number): string => (e.unit === 'fen' ? yuan(v) : number(v, 1) + (e.unit === 's' ? ' s' : ' min'));
  if (e.p05 <= 0 && e.p95 >= 0) return el('span.quiet', { title: `${show(e.p05)} … ${show(e.p95)}` }, t('noeffect'));
  return el('span.effect', {}, show(e.mean), el('small', {}, ` ${show(e.p05)} … ${show(e.p95)}`));
}

/** What needs a person, most urgent first, and what was done of late. */
export class Inbox {
  private list: Decision[] = [];
  private at = 0;
  private armed: { id: string; verdict: 'approve' | 'refuse' } | undefined;
  private shown = '';
  constructor(private readonly holder: HTMLElement, private readonly pick: (d: Decision) => void) {}

  private get open(): Decision[] { return this.list.filter((d) => d.state === 'proposed').sort((a, b) => a.deadline - b.deadline); }

  update(list: Decision[], force = false): void {
    this.list = list;
    const shown = JSON.stringify([list.map((d) => [d.id, d.state]), this.at, this.armed]);
    if (shown === this.shown && !force) return;
    this.shown = shown;
    const open = this.open;
    this.at = Math.min(this.at, Math.max(0, open.length - 1));
    const recent = this.list.filter((d) => d.state !== 'proposed').sort((a, b) => b.made - a.made).slice(0, 30);
    fill(this.holder,
      el('h2', {}, t('inbox'), el('span.count', {}, open.length)),
      open.length === 0 && el('p.quiet', {}, t('inbox.empty')),
      ...open.map((d, i) => this.card(d, i === this.at)),
      el('h2', {}, t('inbox.done')),
      ...recent.map((d) => el('button.line', { onclick: () => this.pick(d) }, el('span.state', { data: { state: d.state } }, t(('st.' + d.state) as Key)), el('span', {}, name(d.title)), el('time', {}, clock(d.made)))));
  }

  private card(d: Decision, current: boolean): HTMLElement {
    const button = (verdict: 'approve' | 'refuse'): HTMLElement => {
      const armed = this.armed?.id === d.id && this.armed.verdict === verdict;
      return el('button', { className: verdict + (armed ? ' armed' : ''), onclick: (e: Event) => { e.stopPropagation(); this.press(d, verdict); } }, armed ? t('confirm') : t(verdict));
    };
    return el('article', { className: 'card' + (current ? ' current' : ''), onclick: () => { this.at = this.open.indexOf(d); this.pick(d); this.update(this.list, true); } },
      el('header', {}, el('strong', {}, name(d.title)), el('time', {}, t('until') + ' ' + clock(d.deadline))),
      el('p', {}, name(d.why)),
      el('dl', {}, el('dt', {}, t('ifdone')), el('dd', {}, effect(d.expected)), el('dt', {}, t('ifnot')), el('dd', {}, name(d.ifnot))),
      el('footer', {}, button('approve'), button('refuse')));
  }

  private press(d: Decision, verdict: 'approve' | 'refuse'): void {
    if (this.armed?.id === d.id && this.armed.verdict === verdict) { this.confirm(); return; }
    this.armed = { id: d.id, verdict };
    this.update(this.list, true);
  }

  private confirm(): void {
    const a = this.armed;
    if (!a) return;
    this.armed = undefined;
    decide(a.id, a.verdict).then(() => this.update(this.list, true), (e: unknown) => alert(String(e)));
    this.update(this.list, true);
  }

  /** Two distinct keys: a or r arms, Enter carries out. */
  key(k: string): boolean {
    const open = this.open, d = open[this.at];
    if (k === 'j' || k === 'k') {
      this.at = Math.max(0, Math.min(open.length - 1, this.at + (k === 'j' ? 1 : -1)));
      this.armed = undefined;
      if (open[this.at]) this.pick(open[this.at]!);
    } else if ((k === 'a' || k === 'r') && d) this.armed = { id: d.id, verdict: k === 'a' ? 'approve' : 'refuse' };
    else if (k === 'Enter' && this.armed) this.confirm();
    else if (k === 'Escape' && this.armed) this.armed = undefined;
    else return false;
    this.update(this.list, true);
    return true;
  }
}
