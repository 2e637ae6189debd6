import { el, fill } from './dom';
import { t, type Key } from './texts';

/** Three steps through the screen, each beside what it speaks of; peak is when the storm is at its height, if known. */
export function tour(peak: string): void {
  document.querySelector('.tour')?.remove();
  const at = ['.bar', '.inbox', '.stage'];
  let step = 0;
  const box = el('div.tour', { role: 'dialog', ariaLabel: t('tour.again') });
  const close = (): void => {
    box.remove();
    document.querySelectorAll('.toured').forEach((x) => x.classList.remove('toured'));
    localStorage.setItem('toured', '1');
  };
  const draw = (): void => {
    document.querySelectorAll('.toured').forEach((x) => x.classList.remove('toured'));
    document.querySelector(at[step]!)?.classList.add('toured');
    box.dataset['step'] = String(step + 1);
    const next = el('button.primary', { onclick: () => { if (++step === 3) close(); else draw(); } }, t(step === 2 ? 'done' : 'next'));
    fill(box, el('small.quiet', {}, t('tour.step', { n: step + 1 })), el('p', {}, t(`tour.${step + 1}` as Key, { peak: peak ? t('tour.peak', { t: peak }) : '' })), el('footer', {}, next, el('button', { onclick: close }, t('skip'))));
    next.focus({ preventScroll: true });
  };
  box.onkeydown = (e) => { if (e.key === 'Escape') { e.stopPropagation(); close(); } };
  document.body.append(box);
  draw();
}
