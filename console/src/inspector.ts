import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import * as api from './api';
import { el, fill } from './dom';
import type { Sheet } from './drawer';
import { state } from './inbox';
import { hydrograph } from './hydrograph';
import { junction } from './junction';
import { choices, leaving, wayOf } from './reasons';
import type { Statistic } from './stream';
import { age, clock, name, number, t, word } from './texts';
import { assessable, came, damage, depth, expected, feed } from './trust';
import { workplan } from './workplan';

/** Speeds are told in km/h. */
const told = (v: number, unit?: string): number => (unit === 'MTS' ? v * 3.6 : v);
const units: Record<string, string> = { MTR: 'm', KMT: 'km', MMT: 'mm', MQS: 'm³/s', KMH: 'km/h', MTS: 'km/h', P1: '%', SEC: 's', C62: '' };

/** What the inspector asks of the rest of the console. */
export interface Around {
  clock(): number;
  decisions(): api.Decision[];
  /** Depths drawn at a place, by side: the branch ('' is main), the time, what is drawn, and centimetres or %. */
  water(at: [number, number]): { branch: string; time: number; shows: Statistic; cm: number }[];
  /** The damage that the newest forecast expects in a district. */
  damage(district: string): api.Effect | undefined;
  compare(base: string, other: string, time: number): void;
  feeds(): void;
  idle(byPerson: boolean): void;
  people(): { ways: readonly api.Way[]; units: readonly api.Unit[]; calls: readonly api.Call[] };
  /** Draws what a decision rests on, on the map; undefined: nothing. */
  draw(d: api.Detail | undefined): void;
  street(id: string, sheet: Sheet): void;
  reach(at: [number, number], kind?: string): void;
  covered(at: [number, number]): number | undefined;
  /** A thing that is moving or was named elsewhere: where it is on the map. */
  placeOf(id: string): [number, number] | undefined;
}

/** Whatever was clicked: its state, its history, who reported it and when, on which branch, and what was ordered. */
export class Inspector {
  /** What is shown: an entity's id, a decision's id, a place as lon,lat, or nothing. */
  current = '';
  private at: [number, number] | undefined;
  private plotted = '';
  private chart = el('div.chart');
  private opened = el('div');
  private moving = el('div.moving');
  private opening = '';
  private body = el('div');
  constructor(private readonly holder: HTMLElement, private readonly around: Around) {}

  /** Leaves what is shown for the outlook; by is a person's doing, so that the address forgets it too. */
  clear(by = true): void {
    this.current = '';
    this.around.draw(undefined);
    this.around.idle(by);
  }

  private head(title: string, ...under: (Node | string)[]): HTMLElement[] {
    return [el('h2', {}, el('span', {}, title), el('button.close', { onclick: () => this.clear(), title: t('insp.back') + ' (Esc)', ariaLabel: t('insp.back') }, '×')), el('p.quiet', {}, ...under)];
  }

  /** Answers a click at once with what is known here, and with what the twin says when it has said it. */
  async show(id: string, at?: [number, number]): Promise<void> {
    this.current = id;
    this.at = at ?? this.around.placeOf(id);
    this.around.draw(undefined);
    this.plotted = '';
    this.chart = el('div.chart');
    this.opened = el('div');
    this.moving = el('div.moving');
    this.body = el('div', {}, el('p.quiet', {}, t('loading')));
    fill(this.holder, ...this.head(word('type', id.split(':')[2] ?? id), el('code', {}, id)), this.body);
    await this.refresh();
  }

  /** A place with nothing on it: the water there. */
  place(at: [number, number]): void {
    this.current = at.map((v) => v.toFixed(5)).join(',');
    this.at = at;
    this.around.draw(undefined);
    const covered = this.around.covered(at);
    fill(this.holder, ...this.head(t('insp.place'), el('code', {}, `${at[1].toFixed(5)}° N, ${at[0].toFixed(5)}° E`)), el('table', {}, ...this.waterRows(), covered === undefined ? null : el('tr', {}, el('th', {}, t('insp.covered')), el('td', {}, `${number(covered)} %`), el('td'))), el('p.quiet', {}, t('from'), ': ', t('insp.brain')), this.doors(), ...this.near());
  }

  /** What can be opened from here: what is reached from it, a street's diagram and profile. */
  private doors(type = '', id = '', creek = false): HTMLElement {
    const at = this.at, kind = type === 'EmergencyVehicle' ? this.around.people().units.find((u) => u.id === id)?.kind : undefined;
    return el('p.doors', {},
      type === 'RoadSegment' ? el('button', { onclick: () => this.around.street(id, 'waves') }, t('street.diagram'), ' ', el('kbd', {}, 'Z')) : null,
      (type === 'RoadSegment' || creek) && assessable() ? el('button', { onclick: () => this.around.street(id, 'profile') }, t('profile'), ' ', el('kbd', {}, 'H')) : null,
      at && type !== 'District' ? el('button', { onclick: () => this.around.reach(at, kind) }, t('reach'), ' ', el('kbd', {}, 'Q')) : null);
  }
  /** Where what is shown lies. */
  get where(): [number, number] | undefined { return this.current ? this.at : undefined; }

  /** Draws a place once more, with the water as it is drawn now. */
  again(): void { if (this.at && this.current.includes(',')) this.place(this.at); }

  private waterRows(): HTMLElement[] {
    if (!this.at) return [];
    return this.around.water(this.at).map((w) => el('tr', {}, el('th', {}, t(w.shows === 'chance' ? 'insp.chance' : 'insp.water'), w.shows === 'median' || w.shows === 'p90' ? ` (${t(`show.${w.shows}`)})` : ''), el('td', {}, w.shows === 'chance' ? `${w.cm ? number(w.cm) : '<5'} %` : w.cm ? depth(w.cm / 100) : t('insp.dry')), el('td.quiet', {}, el('code', {}, w.branch || 'main'), ' ', clock(w.time))));
  }

  /** Decisions about a thing: those whose mark lies close to where it is. */
  private near(): (HTMLElement | null)[] {
    if (!this.at) return [];
    const [lon, lat] = this.at, k = Math.cos((lat * Math.PI) / 180) * 111_320;
    const list = this.around.decisions().filter((d) => d.at && Math.hypot((d.at[0] - lon) * k, (d.at[1] - lat) * 110_540) < 400).sort((a, b) => b.made - a.made).slice(0, 12);
    return [el('h3', {}, t('insp.commands')), list.length === 0 ? el('p.quiet', {}, t('insp.nocommands')) : el('p.quiet', {}, t('insp.near')),
      ...list.map((d) => el('button.line', { onclick: () => this.decision(d), title: name(d.why) }, state(d.state, true), el('span', {}, name(d.title)), el('time', {}, clock(d.made))))];
  }

  /** Reads what is shown once more; called while it stays open. */
  async refresh(): Promise<void> {
    const id = this.current;
    if (!id.startsWith('urn:')) { fill(this.body, el('p.quiet', {}, t('insp.missing'))); return; }
    let e: api.Entity;
    try { e = await api.entity(id); } catch (err) {
      if (this.current === id) fill(this.body, el('p.quiet', {}, err instanceof api.Refused ? (err.status === 404 ? t('insp.missing') : err.message) : t('lost')), el('table', {}, ...this.waterRows()));
      return;
    }
    if (this.current !== id) return;
    const now = this.around.clock(), f = e.feed ? feed(e.feed) : undefined;
    const value = (a: api.Attribute): (Node | string)[] => {
      const v = a.value;
      if (a.said) return [name(a.said)];
      if (typeof v === 'number') {
        if (a.name === 'waterDepth') return [depth(v)];
        if (a.name === 'ring' || a.unit === 'SEC' && v > 1e9) return [clock(v, true)];
        const x = told(v, a.unit);
        return [`${number(x, x % 1 === 0 ? 0 : a.unit === 'MTS' ? 1 : 2)} ${units[a.unit ?? ''] ?? a.unit ?? ''}`];
      }
      if (typeof v === 'boolean') return [t(v ? 'yes' : 'no')];
      if (a.name === 'needs' && Array.isArray(v)) return [(v as { kind: string; count: number; missing: number }[]).map((n) => `${word('kind', n.kind)} ${number(n.count)}${n.missing ? ` (${t('needs.missing', { n: n.missing })})` : ''}`).join(', ')];
      if (a.name === 'call' && typeof v === 'string') return [el('code', {}, v)];
      return [typeof v === 'string' ? (a.name === 'kind' && e.type.startsWith('Emergency') ? word('kind', v) : word(a.name === 'kind' ? 'type' : 'v', v)) : JSON.stringify(v)];
    };
    const stale = f && f.state !== 'ok';
    fill(this.holder, ...this.head(name(e.name) || word('type', e.type), word('type', e.type), ' · ', el('code', {}, e.id)), this.body);
    fill(this.body,
      stale ? el('p.stale', {}, '⚠ ', f.last ? t('overduesince', { t: clock(f.last, true) }) : t('neverheard')) : null,
      this.moving,
      el('h3', {}, t('insp.now')),
      el('table', { className: stale ? 'old' : '' },
        ...e.attributes.filter((a) => a.value !== '' && !(a.name === 'until' && !a.value)).map((a) => {
          const plot = typeof a.value === 'number' && a.observed !== undefined && a.observed > 0;
          return el('tr', { className: plot ? 'pick' : '', tabIndex: plot ? 0 : -1, onclick: () => void (plot && this.plot(e.id, a, true)), onkeydown: (k: KeyboardEvent) => void (plot && k.key === 'Enter' && this.plot(e.id, a, true)) },
            el('th', {}, word('a', a.name)), el('td', {}, ...value(a)), el('td.quiet', { title: a.observed ? `${t('observed')} ${clock(a.observed, true)}${a.recorded ? ` · ${t('recorded')} ${clock(a.recorded, true)}` : ''}` : '' }, a.observed ? age(now - a.observed) : t('insp.pack')));
        }), ...this.waterRows()),
      e.type === 'District' ? el('div', {}, el('h3', {}, t('damage.expected')), el('p', {}, damage(this.around.damage(id))), el('p.quiet', {}, t('damage.why'))) : null,
      this.doors(e.type, e.id, e.attributes.some((a) => a.name === 'kind' && a.value === 'creek')),
      this.opens(e.type) ? this.opened : null,
      this.chart,
      el('h3', {}, t('from')), el('p', {}, name(e.department) || t('insp.pack'), e.feed ? el('br') : null, e.feed ? el('button.link', { onclick: () => this.around.feeds() }, e.feed) : null, f ? ` · ${f.protocol} · ` : null, f ? el('span.state', { data: { state: f.state } }, t(f.state)) : null),
      el('h3', {}, t('insp.branch')), el('p', {}, el('code', {}, 'main'), ' · ', t('main.left')),
      e.order ? el('p', {}, el('strong', {}, t('insp.lastorder')), ' ', state(e.order.state), ` ${t('by')} ${e.order.principal} · `, age(now - e.order.at), e.order.reason ? el('span.quiet', {}, ' · ', e.order.reason) : null) : e.type === 'TrafficSignal' ? el('p', {}, el('strong', {}, t('insp.lastorder')), ' ', el('span.quiet', {}, t('insp.noorder'))) : null,
      ...this.near());
    this.underWay();
    if (this.opens(e.type)) void this.open(e.type, id);
    const gauge = e.attributes.find((a) => (a.name === 'waterDepth' && assessable() || a.name === 'waterLevel') && (e.type === 'WaterObserved' || e.type === 'Place'));
    if (gauge && (!this.plotted || this.plotted === gauge.name) && await this.foretell(id, gauge)) return;
    if (this.current !== id) return;
    // A signal's figures are codes: none is drawn unless it is asked for.
    const first = e.attributes.find((a) => typeof a.value === 'number' && a.observed && (this.plotted ? a.name === this.plotted : e.type !== 'TrafficSignal'));
    if (first) await this.plot(e.id, first, false);
    else if (!this.plotted) fill(this.chart, e.type === 'TrafficSignal' ? null : el('p.quiet', {}, t('insp.nohistory')));
  }

  /** Draws how far a unit is, or the one that comes to a call, with the lights before it; called as they turn. */
  underWay(): void {
    if (!/:Emergency(Vehicle|Call):/.test(this.current) || this.moving.contains(document.activeElement)) return;
    const p = this.around.people();
    fill(this.moving, ...wayOf(this.current, p.ways, p.units, p.calls, (id) => void this.show(id)));
  }

  private opens(type: string): boolean { return type === 'TrafficSignal' || type === 'PumpStation' || type === 'FloodGate'; }

  /** Draws a gauge's reports against its forecast; false if there is none to be had. */
  private async foretell(id: string, a: api.Attribute): Promise<boolean> {
    const got = await Promise.all([api.hydrograph(id), api.history(id, a.name)]).catch(() => undefined);
    if (!got) return false;
    if (this.current === id) hydrograph(this.chart, got[0], got[1], this.around.clock());
    return true;
  }

  /** Opens a junction, a pumping station or a gate; one request at a time, as a junction's has the brain look ahead. */
  private async open(type: string, id: string): Promise<void> {
    if (this.opening === id) return;
    this.opening = id;
    const read = type === 'TrafficSignal' ? api.junction(id).then(junction) : api.workplan(id).then((p) => workplan(p, this.around.clock(), (gauge) => void this.show(gauge, this.at)));
    // What a server that does not answer or has no time has told before stays: the head says that the connection is lost.
    const shown = await read.catch((e: unknown) => (e instanceof api.Refused && !api.isBusy(e) ? [el('p.quiet', {}, e.message)] : this.opened.firstChild ? undefined : [el('p.warn', {}, t(api.isBusy(e) ? 'busy' : 'lost'))]));
    if (this.opening === id) this.opening = '';
    if (this.current === id && shown) fill(this.opened, ...shown);
  }

  private async plot(id: string, a: api.Attribute, chosen: boolean): Promise<void> {
    if (chosen) this.plotted = a.name;
    const points = await api.history(id, a.name).catch(() => []);
    if (this.current !== id) return;
    const holder = this.chart;
    fill(holder, el('h3', {}, `${t('history')}: ${word('a', a.name)}`, units[a.unit ?? ''] ? `, ${units[a.unit ?? '']}` : ''));
    const css = getComputedStyle(holder), text = css.getPropertyValue('--text').trim(), grid = css.getPropertyValue('--line').trim();
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    new uPlot({ width: holder.clientWidth || 260, height: 130, legend: { show: false }, cursor: { y: false },
      axes: [{ ...axis, values: (_u, v) => v.map((x) => clock(x)) }, { ...axis, size: 46 }],
      series: [{}, { stroke: css.getPropertyValue('--water').trim(), width: 1.5, points: { show: points.length < 40, size: 4 } }] },
      [points.map((p) => p.observed), points.map((p) => told(p.value, a.unit))], holder);
  }

  decision(d: api.Decision): void {
    this.current = d.id;
    this.at = d.at;
    this.around.draw(undefined);
    const rests = el('div');
    fill(this.holder,
      ...this.head(name(d.title), el('code', {}, d.id)),
      el('p', {}, state(d.state), ` ${t('made')} ${clock(d.made)}`, d.deadline > d.made && ` · ${t('until')} ${clock(d.deadline)}`, d.by && ` · ${t('by')} ${d.by}`),
      el('h3', {}, t('why')), el('p', {}, name(d.why)),
      rests,
      d.expected && el('h3', {}, t('expected')), d.expected && el('p', {}, expected(d)), d.kind === 'closure' && d.expected?.unit === 'min' && el('p.quiet', {}, t('closure.made')), el('p.quiet', {}, t('ifnot') + ': ' + name(d.ifnot)),
      d.expected && el('h3', {}, t('came')), d.expected && el('p', {}, came(d)),
      d.base && el('h3', {}, t('branches')), d.base && el('p', {}, el('code', {}, d.base), d.with !== d.base && ' ⇄ ', d.with !== d.base && el('code', {}, d.with)),
      d.base && el('button', { onclick: () => this.around.compare(d.base, d.with, d.made + (d.kind === 'signals' ? 1200 : 3600)) }, t('compare')));
    if (d.kind === 'dispatch' || d.kind === 'evacuation') void this.rests(d.id, rests);
    if (d.kind === 'corridor') {
      const p = this.around.people(), at = d.at, w = at && p.ways.find((x) => { const e = x.line.at(-1); return e !== undefined && Math.hypot(e[0] - at[0], e[1] - at[1]) < 2e-4; });
      if (w) fill(rests, ...wayOf(w.unit, p.ways, p.units, p.calls, (id) => void this.show(id)));
    }
  }

  /** Reads and draws what a decision rests on. */
  private async rests(id: string, holder: HTMLElement): Promise<void> {
    const d = await api.detail(id).catch(() => undefined);
    if (this.current !== id || !d) return;
    fill(holder, ...choices(d, (unit) => void this.show(unit)), ...leaving(d));
    this.around.draw(d);
  }
}
