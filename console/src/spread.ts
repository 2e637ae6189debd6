import { el, fill } from './dom';
import type { Statistic } from './stream';
import { t } from './texts';
import { chances, ramp } from './water';

/** What a forecast's water can be drawn by, where its terrain bears depths. */
export const choices = ['median', 'p90', 'chance'] as const satisfies readonly Statistic[];

/** The classes of depths in cm, or of chances in %. */
export const rampOf = (chance: boolean): typeof ramp => (chance ? chances : ramp);

/** The colours of depths in cm, or of chances in %. */
export const colours = (chance: boolean): HTMLElement => el('span.ramp', {}, ...rampOf(chance).map(([at, c], i, all) =>
  el('span', {}, el('i', { style: { background: `rgb(${c.slice(0, 3).join(' ')} / ${(c[3] / 255).toFixed(2)})` } }), `${at}${i === all.length - 1 ? (chance ? ' %+' : ' cm+') : ''}`)));

/** Draws the choice of what is shown of the members, and its colours. */
export function choice(holder: HTMLElement, shown: Statistic, choose: (s: Statistic) => void): void {
  fill(holder, el('div.choice', { role: 'radiogroup', ariaLabel: t('show') }, ...choices.map((s) => el('button', { role: 'radio', ariaChecked: String(s === shown), className: s === shown ? 'current' : '', title: t(`show.why.${s}`), onclick: () => choose(s) }, t(`show.${s}`)))),
    colours(shown === 'chance'));
}
