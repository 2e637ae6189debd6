import * as api from './api';
import { el, fill } from './dom';
import { state } from './inbox';
import { age, clock, name, number, seconds, t, yuan, type Key } from './texts';
import { came, expected, money, noEffect, priced, unpriced } from './trust';

/** What of the brain rests on each feed. */
const uses: Record<string, Key> = {
  'water/sl651': 'use.water', 'water/modbus': 'use.pumps', 'meteorology/http': 'use.rain', 'traffic_police/gb20999': 'use.signals', 'traffic_police/ntcip1202': 'use.signals', 'traffic_police/http': 'use.closures',
  'transport/jt808': 'use.buses', 'ambulance_120/http': 'use.calls', 'fire_119/http': 'use.calls', 'police_110/http': 'use.calls', 'emergency_mgmt/cap': 'use.alerts', 'hotline_12345/open311': 'use.citizens',
};

/** The connected feeds against their contracts. */
export function feedsView(holder: HTMLElement, feeds: api.Feed[], now: number): void {
  if (feeds.length === 0) { fill(holder, el('p.quiet', {}, t('feeds.empty'))); return; }
  const sum = (f: (x: api.Feed) => number): string => number(feeds.reduce((a, x) => a + f(x), 0));
  const count = (n: number): HTMLElement => el('td', { className: n > 0 ? 'n some' : 'n' }, number(n));
  fill(holder,
    el('p', {}, t('feeds.sum', { ok: feeds.filter((f) => f.state === 'ok').length, n: feeds.length, rejected: sum((f) => f.rejected), late: sum((f) => f.late), lost: sum((f) => f.lost) })),
    el('table.wide', {},
      el('tr', {}, ...(['state', 'feed', 'department', 'usedby', 'received', 'quarantined', 'late', 'missing', 'last'] as Key[]).map((k) => el('th', {}, t(k)))),
      ...feeds.map((f) => el('tr', { className: f.state === 'ok' ? '' : 'late' },
        el('td', {}, el('span.state', { data: { state: f.state } }, (f.state === 'ok' ? '✓ ' : f.state === 'stale' ? '⚠ ' : '✕ ') + t(f.state))),
        el('td', {}, el('code', {}, ...f.id.split(/(?<=[/_])/).flatMap((part, i) => (i ? [el('wbr'), part] : [part]))), el('br'), el('small.quiet', {}, f.protocol)), el('td', {}, name(f.name)), el('td', {}, uses[f.id] ? t(uses[f.id]!) : ''),
        el('td.n', {}, number(f.received)), count(f.rejected), count(f.late), count(f.lost),
        el('td', {}, f.last ? `${clock(f.last, true)} · ${age(now - f.last)}` : t('neverheard'))))));
}

export function decisionsView(holder: HTMLElement, list: api.Decision[], pick: (d: api.Decision) => void): void {
  fill(holder, el('table.wide', {},
    el('tr', {}, ...(['made', 'decision', 'state', 'expected', 'came', 'by'] as Key[]).map((k) => el('th', {}, t(k)))),
    ...[...list].sort((a, b) => b.made - a.made).map((d) => el('tr.pick', { tabIndex: 0, onclick: () => pick(d), onkeydown: (e: KeyboardEvent) => { if (e.key === 'Enter') pick(d); } }, el('td', {}, clock(d.made)), el('td', {}, name(d.title), el('br'), el('small.quiet', {}, name(d.why))),
      el('td', {}, state(d.state)), el('td', {}, expected(d)), el('td', {}, came(d)), el('td', {}, d.by)))));
}

/** A branch's name without the folders that it shares with its base. */
const short = (base: string, other: string): string => (base.slice(0, base.lastIndexOf('/')) === other.slice(0, other.lastIndexOf('/')) ? other.slice(other.lastIndexOf('/') + 1) : other);

/** The account: paired evenings, and this evening's decisions line by line with the two branches that each rests on; what rests on one alone, as an evacuation does, has no difference. */
export async function accountView(holder: HTMLElement, decisions: api.Decision[], pick: (d: api.Decision) => void, compare: (d: api.Decision) => void): Promise<void> {
  const a = await api.account();
  const tile = (label: string, shown: Node | string, sub: string): HTMLElement => el('div.tile', {}, el('small', {}, label), el('strong', {}, shown), el('small.quiet', {}, sub));
  const saved = (key: Key, mean: number, lo: number | null, hi: number | null, show: (v: number) => string, label: HTMLElement | null, more = ''): HTMLElement => {
    if (lo === null || hi === null) return tile(t(key), el('span', {}, show(mean), ' ', label), t('toofew') + more);
    return tile(t(key), el('span', {}, lo <= 0 && hi >= 0 ? t('noeffect') : show(mean), ' ', label), `${show(lo)} … ${show(hi)}${more}`);
  };
  const tenths = (v: number): string => seconds(v, 1);
  const season = ({ file, season: s }: { file: string; season: api.Season }): HTMLElement => {
    const invented = s.terrain === 'invented' ? el('em.caveat', { title: t('invented.why') }, t('invented')) : null, m = s.calibrated && priced() ? s.avoided_damage_cny : null, tr = s.mean_travel_s, re = s.mean_response_s;
    return el('section', {}, el('h3', {}, el('code', {}, file), ` · ${t('account.pairs', { n: s.pairs })} · ${t('account.verify')} `, el('code', {}, `citybrain account verify ${file}`)),
      el('div.tiles', {},
        m ? saved('saved.damage', m.mean, m.p05, m.p95, (v) => yuan(v * 100), invented) : tile(t('saved.damage'), unpriced() ?? (s.calibrated ? el('em.caveat', { title: t('illustrative.why') }, t('illustrative')) : el('em.caveat.uncalibrated', { title: t('uncalibrated.why') }, t('uncalibrated'))), ''),
        saved('saved.travel', tr.without - tr.with, tr.saved_p05, tr.saved_p95, tenths, null),
        re && saved('saved.response', re.without - re.with, re.saved_p05, re.saved_p95, tenths, null, re.calls === undefined ? '' : ` · ${number(re.calls)} ${t('calls')}`)),
      s.runs && el('details', {}, el('summary', {}, t('account.pairs', { n: s.runs.length })), el('table.wide', {},
        el('tr', {}, ...(['pair.seed', 'pair.damage', 'pair.travel', 'pair.response', 'pair.hash'] as Key[]).map((k) => el('th', {}, t(k)))),
        ...s.runs.map((r) => {
          const two = (f: (e: api.Evening) => string): HTMLElement => el('td', {}, f(r.without), ' ', el('span.quiet', {}, '→'), ' ', f(r.with));
          return el('tr', {}, el('td', {}, r.seed), two((e) => (!m || e.flood.damage_cny === null || e.flood.damage_cny === undefined ? '–' : yuan(e.flood.damage_cny * 100))), two((e) => seconds(e.trips.mean_s)), two((e) => (e.emergency.mean_response_s === null ? '–' : seconds(e.emergency.mean_response_s))), two((e) => e.state_hash.slice(0, 10)));
        })), el('p.quiet', {}, `${t('pair.without')} → ${t('pair.with')}`)));
  };
  const lines = decisions.filter((d) => d.base && d.with && d.base !== d.with).sort((x, y) => y.made - x.made), money0 = (f: (d: api.Decision) => api.Effect | undefined): number => lines.reduce((v, d) => { const e = f(d); return v + (e && e.unit === 'fen' && !noEffect(e) ? e.mean : 0); }, 0);
  fill(holder,
    ...(a && a.length ? a.map(season) : [el('p.quiet', {}, t('account.none'), ' ', el('code', {}, 'citybrain season --storms 1 --seeds 10 --json'))]),
    el('h3', {}, t('account.sum')),
    el('div.tiles', {}, tile(t('account.lines'), number(lines.length), ''),
      priced() ? tile(t('account.expected'), money(money0((d) => d.expected)), t('account.sumwhy')) : tile(t('account.expected'), unpriced() ?? '–', ''),
      tile(t('account.noeffect'), number(lines.filter((d) => d.expected && noEffect(d.expected)).length), '')),
    el('h3', {}, t('account.live')),
    el('table.wide', {}, el('tr', {}, ...(['made', 'decision', 'state', 'expected', 'came', 'twobranches'] as Key[]).map((k) => el('th', {}, t(k)))),
      ...lines.map((d) => el('tr', {}, el('td', {}, clock(d.made)), el('td', {}, el('button.link', { onclick: () => pick(d) }, name(d.title))), el('td', {}, state(d.state)), el('td', {}, expected(d)), el('td', {}, came(d)),
        el('td', {}, el('button.link.two', { onclick: () => compare(d), title: t('compare') }, el('code', {}, d.base), ' ⇄ ', el('code', {}, short(d.base, d.with))))))));
}
