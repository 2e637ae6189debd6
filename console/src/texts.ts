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

/** The console's own text for key in the language chosen. */
export const t = (key: Key): string => table[key][lang];

/** A name from the city in the language chosen, or in the other one. */
export const name = (x: Text | undefined): string => (x ? (lang === 'zh' ? x.zh || x.en : x.en || x.zh) : '') ?? '';

const locale = (): string => (lang === 'zh' ? 'zh-CN' : 'en-GB');
export const number = (x: number, digits = 0): string => x.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** Money in fen as yuan: 万 and 亿 in Chinese, thousand and million in English. */
export function yuan(fen: number): string {
  const y = fen / 100, a = Math.abs(y);
  if (lang === 'zh') {
    if (a >= 1e8) return number(y / 1e8, 2) + ' 亿元';
    if (a >= 1e4) return number(y / 1e4, 1) + ' 万元';
    return number(y) + ' 元';
  }
  if (a >= 1e6) return '¥' + number(y / 1e6, 2) + ' M';
  if (a >= 1e3) return '¥' + number(y / 1e3, 1) + ' k';
  return '¥' + number(y);
}

let zone = 'Asia/Shanghai';
export const setZone = (z: string): void => { zone = z; };
export const clock = (unix: number, withSeconds = false): string =>
  new Date(unix * 1000).toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}) });
