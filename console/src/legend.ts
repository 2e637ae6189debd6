import { el, fill } from './dom';
import type { LayerName } from './map';
import { number, t, word, yuan, type Key } from './texts';
import { colours } from './spread';
import type { Statistic } from './stream';
import { assessable, caveat, priced, staleMark } from './trust';
import { damages } from './damage';
import type { Coverage } from './api';
import { callShapes, shapes } from './people';
import { coverClasses, rgba } from './reach';

export const layers: readonly { name: LayerName; key: string }[] = [{ name: 'vehicles', key: 'v' }, { name: 'water', key: 'w' }, { name: 'signals', key: 's' }, { name: 'speed', key: 'g' }, { name: 'people', key: 'e' }, { name: 'coverage', key: 'o' }, { name: 'equipment', key: 'p' }, { name: 'damage', key: 'd' }, { name: 'buildings', key: 'b' }];

/** Layers that are only there when asked for: their legend stays open. */
const added: readonly LayerName[] = ['coverage', 'damage'];

/** The layers that the city bears: damage only where it is put into money. */
export const borne = (): typeof layers => layers.filter((l) => l.name !== 'damage' || priced());

const feeds: Partial<Record<LayerName, string>> = { vehicles: 'vehicles', water: 'water', damage: 'water', signals: 'signals', people: 'calls', coverage: 'units' };
let folded = (localStorage.getItem('legend') ?? (innerWidth < 1500 ? 'folded' : '')) === 'folded';

/** The layers, each with its legend: what is drawn, in which colour and shape, and whether its feed is late. */
export function legend(holder: HTMLElement, shown: (l: LayerName) => boolean, toggle: (l: LayerName, on: boolean) => void, shows: Statistic, cover: Coverage | undefined, kinds: ReadonlySet<string>, by: string, choose: (kind: string) => void, callKinds: readonly string[]): void {
  const dot = (cls: string, label: string): HTMLElement => el('span.leg', {}, el('i', { className: cls }), label);
  const select = (): HTMLElement => { const s = el('select', { ariaLabel: t('reach.kind'), onchange: () => { s.blur(); choose(s.value); } }, ...[...kinds].map((k) => el('option', { value: k, selected: k === by }, word('kind', k)))); return s; };
  const keys: Record<LayerName, () => (HTMLElement | string | null)[]> = {
    vehicles: () => [dot('d-car', t('leg.car')), dot('d-bus', t('leg.bus'))],
    water: () => (assessable() ? [el('span', {}, t(`show.${shows}`)), colours(shows === 'chance'), dot('d-hatch', t('leg.forecastwater')), caveat()] : [caveat()]),
    signals: () => [dot('d-green', t('leg.green')), dot('d-amber', t('leg.change')), dot('d-led', t('leg.led'))],
    speed: () => [dot('l-free', t('leg.free')), dot('l-slow', t('leg.slow')), dot('l-jam', t('leg.jam'))],
    people: () => [...[...kinds].map((k) => el('span.leg', {}, el('b.unit', {}, shapes[k] ?? '●'), k in shapes ? word('kind', k) : t('leg.unit'))), el('span.leg', {}, el('b.going', {}, '▲'), t('leg.going')), ...callKinds.map((k) => el('span.leg', {}, el('b.call', {}, callShapes[k] ?? '✚'), word('kind', k))), callKinds.length ? null : el('span.leg', {}, el('b.call', {}, '✚'), t('leg.call')), dot('l-way', t('leg.way')), dot('d-held', t('leg.held'))],
    coverage: () => [kinds.size > 1 ? select() : null, el('span', {}, cover ? t('leg.coverage', { m: number(cover.target / 60), n: cover.free, of: cover.units }) : t('loading')), el('span.ramp', {}, ...coverClasses.map(([from, c], i) => el('span', {}, el('i', { style: { background: rgba(c) } }), `${from}${i === coverClasses.length - 1 ? ' %+' : ''}`))), cover ? el('strong', {}, t('leg.covered', { n: number(100 * cover.mean) })) : null],
    equipment: () => [el('span.leg', {}, '◉ ', t('leg.pump')), el('span.leg', {}, '⧉ ', t('leg.gate')), el('span.leg', {}, '◌ ', t('leg.gauge')), dot('d-mark', t('leg.decision'))],
    damage: () => [...damages.map(([fen, colour]) => el('span.leg', {}, el('i', { style: { background: colour } }), '≥ ' + yuan(fen))), el('span.leg', {}, t('leg.damage')), caveat()],
    buildings: () => [],
  };
  fill(holder, el('button.fold', { ariaExpanded: String(!folded), title: t('legend.fold'), onclick: () => { folded = !folded; localStorage.setItem('legend', folded ? 'folded' : ''); legend(holder, shown, toggle, shows, cover, kinds, by, choose, callKinds); } }, t('legend'), folded ? ' ▸' : ' ▾'),
    ...(folded ? borne().filter((l) => added.includes(l.name) && shown(l.name)) : borne()).map((l) => el('div', { className: shown(l.name) ? '' : 'off' },
      el('label', {}, el('input', { type: 'checkbox', checked: shown(l.name), onchange: (e: Event) => toggle(l.name, (e.target as HTMLInputElement).checked) }), t(('layer.' + l.name) as Key), staleMark(feeds[l.name] ?? ''), el('kbd', {}, l.key.toUpperCase())),
      shown(l.name) && el('div.keys', {}, ...keys[l.name]()))));
}
