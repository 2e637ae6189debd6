import type { City, Decision, Effect, Feed } from './api';
import { el } from './dom';
import { clock, minutes, name, number, seconds, t, yuan } from './texts';

// What may be shown as a figure, and how old what it rests on is. Nothing pretends to be live or sure.
let city: City | undefined;
let feeds: readonly Feed[] = [];

export const setCity = (c: City): void => { city = c; };
export const setFeeds = (list: readonly Feed[]): void => { feeds = list; };

/** Whether depths and damages may be shown: not where the terrain is too coarse for them. */
export const assessable = (): boolean => city !== undefined && city.terrain !== 'none' && city.assessable;

/** The label that goes beside every depth and every yuan, with its reason as a tooltip; null where none is needed. */
export function caveat(): HTMLElement | null {
  if (!city || city.terrain === 'none') return null;
  if (!city.assessable) return el('em.caveat', { title: t('illustrative.why') }, t('illustrative'));
  return city.terrain === 'invented' ? el('em.caveat', { title: t('invented.why') }, t('invented')) : null;
}

/** A depth in metres with its caveat; the caveat alone where depths may not be shown. */
export const depth = (m: number, digits = 2): HTMLElement => el('span', {}, assessable() && number(m, digits) + ' m ', caveat());

/** The same as plain text. */
export const depthText = (m: number): string => (assessable() ? number(m, 2) + ' m' + (city!.terrain === 'invented' ? ` (${t('invented')})` : '') : t('illustrative'));

/** Whether damage may be put into money: the terrain bears it, and the city's traffic is calibrated. */
export const priced = (): boolean => assessable() && city!.calibrated;

/** The label that the city's traffic is not calibrated, with what it lacks as a tooltip; null where it is. */
export const uncalibrated = (): HTMLElement | null => (city && !city.calibrated ? el('em.caveat.uncalibrated', { title: `${t('uncalibrated.why')} ${name(city.lacks)}` }, t('uncalibrated')) : null);

/** What stands in place of money. */
export const unpriced = (): HTMLElement | null => (city && assessable() ? uncalibrated() : caveat());

/** Money with its caveat; what it lacks alone where it may not be shown. */
export const money = (fen: number): HTMLElement => (priced() ? el('span', {}, yuan(fen) + ' ', caveat()) : el('span', {}, unpriced()));

/** An expected damage with its interval, which may well begin at nothing. */
export const damage = (e: Effect | null | undefined): HTMLElement => (!priced() ? el('span.effect', {}, unpriced()) : !e ? el('span.quiet', {}, t('notyet')) : el('span.effect', {}, money(e.mean), el('small', {}, ` ${yuan(e.p05)} – ${yuan(e.p95)}`)));

/** An effect with its spread, as what is saved or what it costs; one whose interval holds zero shows no effect. */
function effect(e: Effect): HTMLElement {
  if (e.unit === 'fen' && !priced()) return el('span.effect', {}, unpriced());
  if (e.unit === 'm') return assessable() ? el('span.effect', {}, t('deepest'), ' ', depth(e.mean), e.p05 < e.p95 && el('small', {}, ` ${number(e.p05, 2)} … ${number(e.p95, 2)} m`)) : el('span.effect', {}, caveat());
  if (e.unit === 'people') return el('span.effect', {}, t('leaving.people', { n: number(e.mean) }), e.p05 < e.p95 && el('small', {}, ` ${number(e.p05)} … ${number(e.p95)}`));
  const show = (v: number): string => (e.unit === 'fen' ? yuan(v) : e.unit === 's' ? seconds(v) : minutes(v)), signed = (v: number): string => (v < 0 ? '−' : '') + show(Math.abs(v));
  const label = e.unit === 'fen' ? caveat() : null, range = `${signed(e.p05)} … ${signed(e.p95)}`;
  if (noEffect(e)) return el('span.quiet', { title: range }, t('noeffect'), el('small', {}, ` ${range} `), label);
  return el('span.effect', {}, t(`effect.${e.unit === 'fen' ? 'damage' : 'time'}.${e.mean < 0 ? 'more' : 'less'}`, { v: show(Math.abs(e.mean)) }), el('small', {}, ` ${range} `), label);
}

const none = (why: 'effect.none' | 'came.none'): HTMLElement => el('span.quiet', { title: t(why) }, '–');
/** What a decision was expected to bring, and what it brought as far as feeds tell; of most kinds they tell nothing. */
export const expected = (d: Decision): HTMLElement => (d.expected ? effect(d.expected) : none('effect.none'));
export const came = (d: Decision): HTMLElement => (d.came ? effect(d.came) : ['water', 'signals', 'alert'].includes(d.kind) && !['refused', 'expired', 'contradicted'].includes(d.state) ? el('span.quiet', {}, t('notyet')) : none('came.none'));
export const noEffect = (e: Effect): boolean => e.unit !== 'm' && e.unit !== 'people' && e.p05 <= 0 && e.p95 >= 0;

/** The feeds that an entity's type or a figure rests on. */
const rests: Record<string, readonly string[]> = {
  vehicles: ['traffic_police/gb20999', 'transport/jt808'], speed: ['traffic_police/gb20999', 'transport/jt808'], rain: ['meteorology/http', 'water/sl651'], tide: ['water/sl651'],
  calls: ['ambulance_120/http'], units: ['ambulance_120/http'], water: ['water/sl651', 'meteorology/http'],
  gauge: ['water/sl651'], pump: ['water/modbus'], gate: ['water/modbus'], signals: ['traffic_police/gb20999'],
};
export const feed = (id: string): Feed | undefined => feeds.find((f) => f.id === id);

/** The feeds under what that are late or silent. */
export const late = (what: string): Feed[] => (rests[what] ?? [what]).map(feed).filter((f): f is Feed => f !== undefined && f.state !== 'ok');

/** A mark beside a figure whose feed is overdue, saying since when; null when all is in time. */
export function staleMark(what: string): HTMLElement | null {
  const list = late(what);
  if (!list.length) return null;
  const why = list.map((f) => `${f.id}: ${f.last ? t('overduesince', { t: clock(f.last) }) : t('neverheard')}`).join('\n');
  return el('em.stale', { title: `${t('staleuse')}\n${why}`, ariaLabel: `${t('staleuse')}: ${why}` }, '⚠');
}
