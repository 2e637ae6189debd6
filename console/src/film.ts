import { el } from './dom';
import type { Frame } from './gif';
import Worker from './gif.worker?worker';
import type { CityMap } from './map';
import { rampOf } from './spread';
import { clock, number, t } from './texts';

/** What is filmed: the times, how the city comes to one of them, and the words of a frame. */
export interface Scene { times: number[]; seek(at: number): Promise<void>; caption(at: number): string; title: string; chance(): boolean; exercise: boolean }

const widest = 960;

/** Films the map at each of the scene's times and hands the animation over as a file; told says how far it is, and stops it. */
export async function film(map: CityMap, s: Scene, told: (share: number) => boolean): Promise<Blob | undefined> {
  const glass = map.map.getCanvas(), scale = Math.min(1, widest / glass.width), width = Math.round(glass.width * scale), height = Math.round(glass.height * scale), canvas = el('canvas', { width, height });
  const g = canvas.getContext('2d', { willReadFrequently: true })!, frames: Frame[] = [];
  for (const [i, at] of s.times.entries()) {
    if (!told(i / s.times.length)) return undefined;
    await s.seek(at);
    await painted(map);
    await new Promise<void>((done) => {
      // The glass may only be read while it is drawn.
      map.map.once('render', () => { g.drawImage(glass, 0, 0, width, height); done(); });
      map.map.triggerRepaint();
    });
    label(g, width, height, s, at);
    frames.push({ data: g.getImageData(0, 0, width, height).data, ms: i + 1 === s.times.length ? 2000 : 300 });
  }
  told(1);
  const worker = new Worker();
  const made = await new Promise<Uint8Array<ArrayBuffer>>((ok, no) => {
    worker.onmessage = (e: MessageEvent<Uint8Array<ArrayBuffer>>): void => ok(e.data);
    worker.onerror = (e): void => no(new Error(`film: ${e.message}`));
    worker.postMessage({ width, height, frames }, frames.map((f) => f.data.buffer as ArrayBuffer));
  });
  worker.terminate();
  return new Blob([made], { type: 'image/gif' });
}

/** Waits until the map has loaded what it draws, a few seconds at most. */
const painted = (map: CityMap): Promise<void> => new Promise((done) => {
  const over = setTimeout(done, 4000);
  map.map.once('idle', () => { clearTimeout(over); done(); });
  map.map.triggerRepaint();
});

/** Writes what a frame is of, so that it can stand alone. */
function label(g: CanvasRenderingContext2D, w: number, h: number, s: Scene, at: number): void {
  const k = w / 960, font = getComputedStyle(document.body).fontFamily, dark = document.documentElement.dataset['theme'] !== 'light', ink = dark ? '#eef3fb' : '#111827', pad = 14 * k;
  g.fillStyle = dark ? 'rgb(11 18 32 / .82)' : 'rgb(255 255 255 / .86)';
  g.fillRect(0, 0, w, 46 * k); g.fillRect(0, h - 34 * k, w, 34 * k);
  g.fillStyle = ink; g.textBaseline = 'middle'; g.textAlign = 'left';
  g.font = `600 ${26 * k}px ${font}`; g.fillText(clock(at), pad, 24 * k);
  g.font = `${16 * k}px ${font}`; g.fillText(s.caption(at), pad + 90 * k, 24 * k);
  g.textAlign = 'right'; g.fillText(s.title, w - pad, 24 * k);
  const ramp = rampOf(s.chance()), step = 74 * k;
  ramp.forEach(([from, c], i) => {
    g.fillStyle = `rgb(${c.slice(0, 3).join(' ')})`; g.fillRect(pad + i * step, h - 24 * k, 16 * k, 14 * k);
    g.fillStyle = ink; g.textAlign = 'left'; g.font = `${14 * k}px ${font}`; g.fillText(`${number(from)}${i === ramp.length - 1 ? (s.chance() ? ' %+' : ' cm+') : ''}`, pad + i * step + 22 * k, h - 16 * k);
  });
  if (s.exercise) { g.textAlign = 'right'; g.fillStyle = dark ? '#f0b93c' : '#9a6300'; g.fillText(t('exercise'), w - pad, h - 16 * k); }
}

/** Gives a file to whoever asked for it. */
export function save(b: Blob, file: string): void {
  const a = el('a', { href: URL.createObjectURL(b), download: file });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}
