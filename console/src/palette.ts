import { el, fill } from './dom';
import { t } from './texts';

export interface Command { label: string; detail?: string; run(): void }

/** Search and commands in one line, opened by Ctrl or ⌘ K. */
export function palette(commands: Command[], find: (q: string) => Promise<Command[]>): void {
  const input = el('input', { placeholder: t('palette'), ariaLabel: t('palette') }), list = el('ul');
  const box = el('dialog.palette', {}, input, list);
  let found: Command[] = [], at = 0, asked = 0;
  const close = (): void => { box.close(); box.remove(); };
  const draw = (): void => fill(list, ...found.map((c, i) => el('li', { className: i === at ? 'current' : '', onclick: () => { close(); c.run(); } }, c.label, el('small', {}, c.detail ?? ''))));
  const update = async (): Promise<void> => {
    const q = input.value.toLowerCase(), mine = ++asked;
    found = commands.filter((c) => c.label.toLowerCase().includes(q)); at = 0; draw();
    if (q.length > 0) {
      const more = await find(q).catch(() => []);
      if (mine === asked) { found = [...found, ...more]; draw(); }
    }
  };
  input.oninput = () => void update();
  input.onkeydown = (e) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') { at = Math.max(0, Math.min(found.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1))); draw(); e.preventDefault(); }
    if (e.key === 'Enter' && found[at]) { const c = found[at]!; close(); c.run(); }
    e.stopPropagation();
    if (e.key === 'Escape') close();
  };
  document.body.append(box);
  box.showModal();
  void update();
}
