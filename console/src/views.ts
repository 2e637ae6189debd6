import * as api from './api';
import { el, fill } from './dom';
import { effect } from './inbox';
import { clock, name, number, t, yuan, type Key } from './texts';

export async function feedsView(holder: HTMLElement): Promise<void> {
  const feeds = await api.feeds();
  fill(holder, el('table.wide', {},
    el('tr', {}, ...(['feed', 'department', 'received', 'rejected', 'late', 'missing', 'last', 'state'] as Key[]).map((k) => el('th', {}, t(k)))),
    ...feeds.map((f) => el('tr', {}, el('td', {}, el('code', {}, f.id), el('br'), el('small.quiet', {}, f.protocol)), el('td', {}, name(f.name)), el('td.n', {}, number(f.received)), el('td.n', {}, number(f.rejected)), el('td.n', {}, number(f.late)), el('td.n', {}, number(f.lost)),
      el('td', {}, f.last ? clock(f.last, true) : '–'), el('td', {}, el('span.state', { data: { state: f.state } }, t(f.state)))))));
}

export function decisionsView(holder: HTMLElement, list: api.Decision[], pick: (d: api.Decision) => void): void {
  fill(holder, el('table.wide', {},
    el('tr', {}, ...(['made', 'decision', 'state', 'expected', 'came', 'by'] as Key[]).map((k) => el('th', {}, t(k)))),
    ...[...list].sort((a, b) => b.made - a.made).map((d) => el('tr.pick', { onclick: () => pick(d) }, el('td', {}, clock(d.made)), el('td', {}, name(d.title), el('br'), el('small.quiet', {}, name(d.why))),
      el('td', {}, el('span.state', { data: { state: d.state } }, t(('st.' + d.state) as Key))), el('td', {}, effect(d.expected)), el('td', {}, effect(d.came)), el('td', {}, d.by)))));
}

interface Season {
  pairs: number;
  avoided_damage_cny: { mean: number; p05: number; p95: number };
  mean_travel_s: { with: number; without: number; saved_p05: number; saved_p95: number };
  mean_response_s: { with: number; without: number; saved_p05: number; saved_p95: number; calls: number };
}

export async function accountView(holder: HTMLElement, decisions: api.Decision[], pick: (d: api.Decision) => void): Promise<void> {
  const a = (await api.account()) as { file: string; season: Season }[] | null;
  const tile = (label: string, shown: string, sub: string): HTMLElement => el('div.tile', {}, el('small', {}, label), el('strong', {}, shown), el('small.quiet', {}, sub));
  const none = (lo: number, hi: number): boolean => lo <= 0 && hi >= 0;
  const detail = el('div');
  decisionsView(detail, decisions.filter((d) => d.expected), pick);
  fill(holder,
    ...(a && a.length ? a.map(({ file, season: s }) => el('section', {}, el('h3', {}, el('code', {}, file), ` · ${s.pairs} ×`), el('div.tiles', {},
      tile(t('damage'), none(s.avoided_damage_cny.p05, s.avoided_damage_cny.p95) ? t('noeffect') : '−' + yuan(s.avoided_damage_cny.mean * 100), `${yuan(s.avoided_damage_cny.p05 * 100)} … ${yuan(s.avoided_damage_cny.p95 * 100)}`),
      tile(t('speed'), none(s.mean_travel_s.saved_p05, s.mean_travel_s.saved_p95) ? t('noeffect') : `−${number(s.mean_travel_s.without - s.mean_travel_s.with, 1)} s`, `${number(s.mean_travel_s.saved_p05, 1)} … ${number(s.mean_travel_s.saved_p95, 1)} s`),
      tile(t('calls'), none(s.mean_response_s.saved_p05, s.mean_response_s.saved_p95) ? t('noeffect') : `−${number(s.mean_response_s.without - s.mean_response_s.with, 1)} s`, `${s.mean_response_s.calls} · ${number(s.mean_response_s.saved_p05, 1)} … ${number(s.mean_response_s.saved_p95, 1)} s`)))) : [el('p.quiet', {}, t('account.none'))]),
    el('h3', {}, t('account.live')), detail);
}
