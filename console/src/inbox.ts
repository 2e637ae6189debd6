import { decide, type Decision } from './api';
import { say } from './ask';
import { el, place } from './dom';
import * as session from './session';
import { clock, name, number, t, type Key } from './texts';
import { expected } from './trust';

/** A state by shape as well as by colour. */
const glyphs: Record<string, string> = { proposed: '◇', approved: '◔', sent: '◑', acknowledged: '◕', seen: '✓', refused: '✕', expired: '◌', contradicted: '!' };
export const state = (s: string, brief = false): HTMLElement => (brief ? el('span.glyph', { data: { state: s }, title: t(('st.' + s) as Key), ariaLabel: t(('st.' + s) as Key) }, glyphs[s] ?? '') : el('span.state', { data: { state: s } }, `${glyphs[s] ?? ''} ${t(('st.' + s) as Key)}`));

/** What needs a person, most urgent first, and what was done of late. */
export class Inbox {
  private list: Decision[] = [];
  private at = 0;
  private unfolded = false;
  /** Until then nobody knows whether anything waits. */
  heard = false;
  private armed: { id: string; verdict: 'approve' | 'refuse' } | undefined;
  /** What is drawn of each decision; a decision that changes comes as a new object. */
  private drawn = new Map<string, { d: Decision; as: string; element: HTMLElement }>();
  constructor(private readonly holder: HTMLElement, private readonly pick: (d: Decision) => void) {}

  private get open(): Decision[] { return this.list.filter((d) => d.state === 'proposed').sort((a, b) => a.deadline - b.deadline); }

  /** Takes the decisions as they are now. */
  hear(list: Decision[]): void {
    this.heard = true;
    this.update(list);
  }

  /** Draws what has changed; with all set everything anew, as in another language. */
  update(list: Decision[], all = false): void {
    this.list = list;
    const open = this.open, last = all ? new Map<string, never>() : this.drawn, why = session.mayNotDecide();
    this.drawn = new Map();
    const draw = (d: Decision, as: string, make: () => HTMLElement, key = d.id): HTMLElement => {
      const old = last.get(key), kept = old && old.d === d && old.as === as ? old : { d, as, element: make() };
      this.drawn.set(key, kept);
      return kept.element;
    };
    this.at = Math.min(this.at, Math.max(0, open.length - 1));
    // Detectors come and go nearly every minute: all that was decided of them is one line, which opens to each.
    const done = this.list.filter((d) => d.state !== 'proposed').sort((a, b) => b.made - a.made), notes = done.filter((d) => d.kind === 'detector'), folded = notes.length > 1;
    const recent = done.filter((d) => !folded || d.kind !== 'detector' || d === notes[0]).slice(0, 30);
    const line = (d: Decision, under = ''): HTMLElement => draw(d, 'line' + under, () => el(`button.line${under}`, { onclick: () => this.pick(d), title: name(d.why) }, state(d.state, true), el('span', {}, name(d.title)), el('time', {}, clock(d.made))));
    const fold = (d: Decision): HTMLElement[] => [
      draw(d, `fold ${notes.length} ${this.unfolded}`, () => el('button.line', { onclick: () => { this.unfolded = !this.unfolded; this.update(this.list); }, ariaExpanded: String(this.unfolded), title: `${name(d.title)}: ${name(d.why)}` }, el('span.glyph', {}, this.unfolded ? '▾' : '▸'), el('span', {}, t('inbox.detectors'), ' ', el('small.quiet', {}, `× ${number(notes.length)}`)), el('time', {}, clock(d.made))), 'detectors'),
      ...(this.unfolded ? notes.slice(0, 30).map((n) => line(n, '.under')) : []),
    ];
    place(this.holder,
      el('h2', {}, t('inbox'), this.heard && el('span.count', {}, open.length)),
      open.length === 0 && el('p.quiet', {}, t(this.heard ? 'inbox.empty' : 'loading')),
      ...open.map((d, i) => draw(d, `${i === this.at} ${this.armed?.id === d.id ? this.armed.verdict : ''} ${why}`, () => this.card(d, i === this.at))),
      el('h2', {}, t('inbox.done')),
      ...recent.flatMap((d) => (folded && d === notes[0] ? fold(d) : [line(d)])));
  }

  private card(d: Decision, current: boolean): HTMLElement {
    const why = session.mayNotDecide(), armed = this.armed?.id === d.id ? this.armed.verdict : undefined;
    const button = (verdict: 'approve' | 'refuse'): HTMLElement => el('button', { className: verdict, disabled: why !== '', title: why, onclick: (e: Event) => { e.stopPropagation(); this.arm(d, verdict); } }, t(verdict));
    const stop = (e: Event, f: () => void): void => { e.stopPropagation(); f(); };
    return el('article', { className: 'card' + (current ? ' current' : ''), onclick: () => { this.at = this.open.indexOf(d); this.pick(d); this.update(this.list); } },
      el('header', {}, el('strong', {}, name(d.title)), el('time', {}, t('until') + ' ' + clock(d.deadline))),
      el('p', {}, name(d.why)),
      el('dl', {}, el('dt', {}, t(d.expected?.unit === 'm' ? 'ahead' : 'ifdone')), el('dd', {}, expected(d)), el('dt', { title: t('default') }, t('ifnot')), el('dd', {}, name(d.ifnot))),
      armed
        ? el('footer', {}, el('strong', {}, t(`ask.${armed}`)), el('button.armed', { onclick: (e: Event) => stop(e, () => this.confirm()) }, t('confirm')), el('button', { onclick: (e: Event) => stop(e, () => this.disarm()) }, t('cancel')))
        : el('footer', {}, button('approve'), button('refuse')),
      why ? el('p.quiet', {}, why) : null);
  }

  private arm(d: Decision, verdict: 'approve' | 'refuse'): void {
    this.armed = { id: d.id, verdict };
    this.update(this.list);
  }
  private disarm(): void {
    this.armed = undefined;
    this.update(this.list);
  }

  private confirm(): void {
    const a = this.armed;
    if (!a) return;
    this.disarm();
    decide(a.id, a.verdict).catch((e: unknown) => say(`${t('failed')}: ${e instanceof Error ? e.message : String(e)}`));
  }

  /** Two distinct keys: a or r arms, Enter carries out. */
  key(k: string): boolean {
    const open = this.open, d = open[this.at];
    if (k === 'j' || k === 'k') {
      this.at = Math.max(0, Math.min(open.length - 1, this.at + (k === 'j' ? 1 : -1)));
      this.armed = undefined;
      if (open[this.at]) this.pick(open[this.at]!);
    } else if ((k === 'a' || k === 'r') && d && !session.mayNotDecide()) this.armed = { id: d.id, verdict: k === 'a' ? 'approve' : 'refuse' };
    else if (k === 'Enter' && this.armed) this.confirm();
    else if (k === 'Escape' && this.armed) this.armed = undefined;
    else return false;
    this.update(this.list);
    return true;
  }
}
