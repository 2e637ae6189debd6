import { el, fill } from './dom';
import { t, word, type Key } from './texts';

/** Who sits here. A server on loopback without accounts has one person, who may do everything. */
export interface Me { name: string; role: string; may: readonly string[] | null }

let me: Me | undefined;
let accounts = false;
let need = false;
let changed: () => void = () => undefined;

const roles = ['duty', 'duty officer', 'operator', 'supervisor', 'admin', 'administrator'];

/** Reads who is logged in; a server that knows no accounts answers 404. */
export async function refresh(): Promise<void> {
  const r = await fetch('api/me').catch(() => undefined);
  if (!r) return;
  need = r.status === 401;
  accounts = r.status !== 404;
  me = undefined;
  if (r.ok && r.headers.get('Content-Type')?.includes('json')) {
    const b = (await r.json()) as { name?: string; role?: string; roles?: string[]; may?: string[]; permissions?: string[] };
    me = { name: b.name ?? '', role: b.role ?? b.roles?.join(', ') ?? '', may: b.may ?? b.permissions ?? null };
  }
  changed();
}
export const onChange = (f: () => void): void => { changed = f; };
export const needsLogin = (): boolean => need;

/** Why the person here may not decide; empty when they may. The server has the last word. */
export function mayNotDecide(): string {
  if (!accounts) return '';
  if (!me) return t('maynot.login');
  const may = me.may ? me.may.some((x) => /^(decide|verdict|approve|\*)/.test(x)) : me.role === '' || roles.includes(me.role.toLowerCase());
  return may ? '' : t('maynot', { role: word('role', me.role) });
}

/** Who am I, for the bar at the top; a button that logs in or out where the server has accounts. */
export function badge(): HTMLElement {
  if (!accounts) return el('span.who', { title: t('whoami') }, t('loopback'));
  if (!me) return el('button.who', { onclick: () => void login() }, t('login'));
  return el('button.who', { title: `${t('whoami')} · ${t('logout')}`, onclick: () => void logout() }, me.name, me.role && el('small', {}, ' ' + word('role', me.role)));
}

export async function logout(): Promise<void> {
  await fetch('api/logout', { method: 'POST' });
  await refresh();
}

/** Asks for name and password until they are right or the dialogue is closed. */
export function login(): Promise<void> {
  document.querySelector('dialog.login')?.remove();
  const field = (key: Key, type: string, complete: string): HTMLInputElement => el('input', { type, name: key, autocomplete: complete, required: true, ariaLabel: t(key) });
  const who = field('login.name', 'text', 'username'), word = field('login.password', 'password', 'current-password'), said = el('p.warn', { role: 'alert' });
  return new Promise((done) => {
    const form = el('form', { method: 'dialog', onsubmit: (e: Event) => {
      e.preventDefault();
      void (async () => {
        const r = await fetch('api/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: who.value, password: word.value }) });
        if (!r.ok) { fill(said, r.status === 401 || r.status === 403 ? t('login.wrong') : `${r.status} ${await r.text()}`); word.select(); return; }
        box.close();
        await refresh();
      })();
    } }, el('h2', {}, t('login')), need && el('p.quiet', {}, t('login.why')), el('label', {}, t('login.name'), who), el('label', {}, t('login.password'), word), said,
    el('footer', {}, el('button.primary', {}, t('login')), el('button', { type: 'button', onclick: () => box.close() }, t('cancel'))));
    const box = el('dialog.login', { onclose: () => { box.remove(); done(); } }, form);
    document.body.append(box);
    box.showModal();
  });
}
export const hasAccounts = (): boolean => accounts;
