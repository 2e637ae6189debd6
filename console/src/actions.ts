import { el, fill } from './dom';
import { t, type Key } from './texts';

/**
 * Everything that can be done, in one list: the keyboard, the command palette and the help sheet all read it, so that nothing
 * is in one and not in another.
 */
export interface Action { group: Key; label: () => string; keys: readonly string[]; run(e?: KeyboardEvent): void; when?: () => boolean; palette?: false }

const shown: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', 'Ctrl+k': 'Ctrl/⌘ K', 'Ctrl+Shift+h': 'Ctrl Shift H' };
export const keyName = (k: string): string => (k === ' ' ? t('key.space') : shown[k] ?? (k.length === 1 ? k.toUpperCase() : k));

/** The key of an event as actions name it. */
export function keyOf(e: KeyboardEvent): string {
  const k = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  return (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + ((e.ctrlKey || e.metaKey) && e.shiftKey ? 'Shift+' : '') + k;
}

/** The sheet of all keys, by group. */
export function help(actions: readonly Action[]): void {
  if (document.querySelector('dialog.help')) return;
  const groups = [...new Set(actions.map((a) => a.group))];
  const box = el('dialog.help', { onclose: () => box.remove(), onclick: (e: Event) => { if (e.target === box) box.close(); } });
  fill(box, el('h2', {}, t('help'), el('button', { onclick: () => box.close(), ariaLabel: t('close') }, '×')),
    el('div.sheet', {}, ...groups.map((g) => el('section', {}, el('h3', {}, t(g)),
      ...actions.filter((a) => a.group === g && a.keys.length > 0).map((a) => el('div', {}, el('span', {}, ...a.keys.map((k) => el('kbd', {}, keyName(k)))), a.label()))))));
  document.body.append(box);
  box.showModal();
}
