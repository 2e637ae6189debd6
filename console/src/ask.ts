import { el, fill } from './dom';
import { t } from './texts';

/** Asks before something is done; resolves true when it is confirmed. */
export function ask(question: string, detail = ''): Promise<boolean> {
  return new Promise((done) => {
    let yes = false;
    const ok = el('button.armed', { onclick: () => { yes = true; box.close(); } }, t('confirm'));
    const box = el('dialog.ask', { onclose: () => { box.remove(); done(yes); } }, el('p', {}, question), detail && el('p.quiet', {}, detail), el('footer', {}, ok, el('button', { onclick: () => box.close() }, t('cancel'))));
    document.body.append(box);
    box.showModal();
    ok.focus();
  });
}

let timer = 0;
/** Says something in passing, at the foot of the screen. */
export function say(text: string): void {
  let box = document.querySelector('.say');
  if (!box) document.body.append((box = el('div.say', { role: 'status' })));
  fill(box, text);
  box.classList.add('on');
  clearTimeout(timer);
  timer = window.setTimeout(() => box.classList.remove('on'), 6000);
}
