import * as api from './api';
import { el, fill } from './dom';
import { alongLine } from './overlay';
import * as profile from './profile';
import * as street from './street';
import { clock, name, t } from './texts';
import { caveat } from './trust';

/** What a drawer is opened on: a street or a creek by id, or a line on the map. */
export type Subject = { id: string } | { line: [number, number][] };
export type Sheet = 'waves' | 'profile';

/** What it asks of the rest of the console. */
export interface Around {
  now(): number;
  /** The bar's time, 0: now. */
  time(): number;
  trace(line: [number, number][]): void;
  spot(at: [number, number] | undefined): void;
  changed(of: Subject | undefined, sheet: Sheet): void;
}

/** The drawer below the map: a street's time–space diagram, or the long profile of a street, a creek or a line. */
export class Drawer {
  private of: Subject | undefined;
  private sheet: Sheet = 'waves';
  private which = 0;
  private asked = 0;
  private asking = false;
  private read = 0; // when it was last asked, by the page's clock
  private street: api.Street | undefined;
  private profile: api.Profile | undefined;
  private readonly head = el('header');
  private readonly body = el('div.sheet2');
  private readonly foot = el('div');

  constructor(readonly holder: HTMLElement, private readonly around: Around) {
    holder.hidden = true;
    holder.append(this.head, this.body, this.foot);
    new ResizeObserver(() => this.paint()).observe(holder);
  }

  get open(): boolean { return this.of !== undefined; }
  get subject(): Subject | undefined { return this.of; }

  async show(of: Subject, sheet: Sheet): Promise<void> {
    const other = !this.of || JSON.stringify(of) !== JSON.stringify(this.of) || sheet !== this.sheet;
    this.of = of; this.sheet = sheet;
    if (other) { this.street = undefined; this.profile = undefined; this.around.trace('line' in of ? of.line : []); }
    this.holder.hidden = false;
    this.around.changed(of, sheet);
    if (other) { this.title(''); fill(this.body, el('p.quiet', {}, t('loading'))); fill(this.foot); }
    await this.refresh();
  }

  /** Asks once more what is shown. */
  async refresh(): Promise<void> {
    const of = this.of, mine = ++this.asked;
    if (!of) return;
    this.asking = true;
    try {
      if (this.sheet === 'waves' && 'id' in of) {
        const s = await api.street(of.id);
        if (mine !== this.asked) return;
        this.street = s;
        this.around.trace(s.line);
      } else {
        const p = await api.profile('id' in of ? { id: of.id } : { line: of.line.map((q) => q.map((v) => v.toFixed(6)).join(',')).join('~') }, this.around.time() || this.around.now());
        if (mine !== this.asked) return;
        this.profile = p;
        this.around.trace(p.line);
      }
      this.paint();
    } catch (e) {
      if (mine === this.asked && !this.street && !this.profile) fill(this.body, el('p.warn', { title: e instanceof Error ? e.message : String(e) }, t(api.isBusy(e) ? 'busy' : e instanceof api.Refused ? 'drawer.none' : 'lost')));
    }
    if (mine === this.asked) { this.asking = false; this.read = performance.now(); }
  }

  /** The long profile follows the time bar, the diagram the clock: it is asked for again while it is open, though not while somebody points at it. */
  again(): void { if (this.of && this.sheet === 'profile') void this.refresh(); }
  follow(): void { if (this.of && this.sheet === 'waves' && !this.asking && performance.now() - this.read > 15_000 && !this.holder.matches(':hover, :focus-within')) void this.refresh(); }
  redraw(): void { if (this.of) { this.paint(); } }

  private title(words: string, ...more: (Node | string | null)[]): void {
    const of = this.of!, tab = (s: Sheet, label: string): HTMLElement => el('button', { className: s === this.sheet ? 'current' : '', onclick: () => void this.show(of, s) }, label);
    fill(this.head, el('strong', {}, words), ...('id' in of && of.id.includes(':RoadSegment:') ? [tab('waves', t('street.diagram')), tab('profile', t('profile'))] : [el('span', {}, t('profile'))]), ...more, el('span.spacer'),
      el('button', { onclick: () => this.close(), ariaLabel: t('close'), title: t('close') + ' (Esc)' }, '×'));
  }

  private paint(): void {
    if (!this.of || this.holder.hidden) return;
    fill(this.foot);
    const box = this.holder.getBoundingClientRect(), big = innerWidth >= 2000, height = Math.max(120, this.holder.clientHeight - this.head.offsetHeight - (big ? 86 : 58));
    if (this.sheet === 'waves' && this.street) {
      const s = this.street, aside = big ? 440 : 300, dot = (m: number | undefined): void => this.around.spot(m === undefined ? undefined : alongLine(s.line, m / s.length));
      this.title(name(s.name) || t('type.RoadSegment'), s.other ? el('button', { onclick: () => void this.show({ id: s.other! }, 'waves'), title: t('street.reverse') }, '⇄ ', t('street.reverse')) : null, el('button', { onclick: () => void this.refresh(), title: t('drawer.again') }, `↻ ${clock(s.now, true)}`));
      if (!s.signals.length) { fill(this.body, el('p.quiet', {}, t('street.nosignals'))); return; }
      fill(this.body, el('div.chartbox', {}, street.diagram(s, this.which, Math.max(360, box.width - aside - 30), height, dot)), street.figures(s, this.which, (k) => { this.which = k; this.paint(); }));
      fill(this.foot, street.keys(s));
      return;
    }
    if (this.profile) {
      const p = this.profile, now = this.around.now(), dot = (m: number | undefined): void => this.around.spot(m === undefined ? undefined : alongLine(p.line, m / Math.max(1, p.length)));
      const ahead = p.time > now + 30 && p.issued > 0;
      this.title(name(p.name) || t('profile.line'), el('span.quiet', {}, `m ${p.datum} · ${clock(p.time)} · ${t(ahead ? 'forecast' : 'now')}`), el('span', {}, profile.summary(p, now)), caveat());
      fill(this.body, el('div.chartbox', {}, profile.chart(p, now, Math.max(360, box.width - 24), height, dot), profile.keys(p, ahead)));
    }
  }

  close(): void {
    if (!this.of) return;
    this.of = this.street = this.profile = undefined;
    this.asked++;
    this.holder.hidden = true;
    this.around.trace([]);
    this.around.spot(undefined);
    this.around.changed(undefined, this.sheet);
  }
}
