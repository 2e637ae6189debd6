import table from './texts.json';

export type Lang = 'en' | 'zh';
export type Key = keyof typeof table;
export type Text = { en?: string; zh?: string };

let lang: Lang = (localStorage.getItem('lang') as Lang | null) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

export const language = (): Lang => lang;
export function setLanguage(l: Lang): void {
  lang = l;
  localStorage.setItem('lang', l);
  document.documentElement.lang = l === 'zh' ? 'zh-CN' : 'en';
}

/** The console's own text for key in the language chosen, with {names} replaced. */
export const t = (key: Key, put: Record<string, string | number> = {}): string => table[key][lang].replace(/\{(\w+)\}/g, (whole, k: string) => String(put[k] ?? whole));

/** The text for a word that others chose, such as an attribute's name; the word itself where the table has none. */
export const word = (group: 'a' | 'v' | 'type' | 'role' | 'kind', w: string): string => (`${group}.${w}` in table ? t(`${group}.${w}` as Key) : w);

/** A name from the city in the language chosen, or in the other one. */
export const name = (x: Text | undefined): string => (x ? (lang === 'zh' ? x.zh || x.en : x.en || x.zh) : '') ?? '';

const locale = (): string => (lang === 'zh' ? 'zh-CN' : 'en-GB');
export const number = (x: number, digits = 0): string => x.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** Money in fen as yuan: thousand and million in English, 10⁴ and 10⁸ in Chinese. */
export function yuan(fen: number): string {
  const y = fen / 100, a = Math.abs(y);
  if (lang === 'zh') {
    if (a >= 1e8) return t('yuan.8', { n: number(y / 1e8, 2) });
    if (a >= 1e4) return t('yuan.4', { n: number(y / 1e4, 1) });
    return t('yuan', { n: number(y) });
  }
  const sign = y < 0 ? '−¥' : '¥';
  if (a >= 1e6) return sign + number(a / 1e6, 2) + ' M';
  if (a >= 1e3) return sign + number(a / 1e3, 1) + ' k';
  return sign + number(a);
}

let zone = 'Asia/Shanghai';
export const setZone = (z: string): void => { zone = z; };
export const clock = (unix: number, withSeconds = false): string =>
  new Date(unix * 1000).toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}) });

export const seconds = (n: number, digits = 0): string => t('seconds', { n: number(n, digits) });
export const minutes = (n: number, digits = 0): string => t('minutes', { n: number(n, digits) });

/** How long ago, for a duty officer's eye: seconds, minutes, hours. */
export function age(s: number): string {
  if (s < 90) return seconds(Math.max(0, s));
  return s < 5400 ? minutes(s / 60) : t('hours', { n: number(s / 3600, 1) });
}
