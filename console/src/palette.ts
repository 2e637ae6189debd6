import { keyName } from './actions';
import { el, fill } from './dom';
import { t, word } from './texts';

/** detail is the key that does the same; kind is what was found. */
export interface Command { label: string; detail?: string; kind?: string; run(): void }

/** Search and commands in one line, opened by Ctrl or ⌘ K. */
export function palette(commands: Command[], find: (q: string) => Promise<Command[]>): void {
  const list = el('ul', { role: 'listbox', id: 'found' }), input = el('input', { placeholder: t('palette'), ariaLabel: t('palette'), role: 'combobox', ariaControls: 'found' });
  const box = el('dialog.palette', { onclose: () => box.remove(), onclick: (e: Event) => { if (e.target === box) box.close(); } }, input, list);
  let found: Command[] = [], at = 0, asked = 0;
  const draw = (): void => {
    fill(list, ...found.map((c, i) => el('li', { className: i === at ? 'current' : '', role: 'option', ariaSelected: String(i === at), onclick: () => { box.close(); c.run(); } }, c.label, c.kind ? el('small', {}, word('type', c.kind)) : el('span', {}, ...(c.detail ?? '').split(' ').filter((k, _i, all) => k || all.length > 1).slice(0, 1).map((k) => el('kbd', {}, keyName(k || ' ')))))));
    list.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  };
  const update = async (): Promise<void> => {
    const q = input.value.toLowerCase().trim(), mine = ++asked;
    found = commands.filter((c) => c.label.toLowerCase().includes(q)); at = 0; draw();
    if (q.length > 0) {
      const more = await find(q).catch(() => []);
      if (mine === asked) { found = [...found, ...more]; draw(); }
    }
  };
  input.oninput = () => void update();
  input.onkeydown = (e) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') { at = Math.max(0, Math.min(found.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1))); draw(); e.preventDefault(); }
    if (e.key === 'Enter' && found[at]) { const c = found[at]!; e.preventDefault(); box.close(); c.run(); }
    if (e.key === 'Escape') box.close();
    e.stopPropagation();
  };
  document.body.append(box);
  box.showModal();
  void update();
}
