import type { City } from './api';
import Worker from './live.worker?worker';
import type { Handlers } from './stream';

type Kind = Exclude<keyof Handlers, 'lost'>;
/** What the worker that reads the live stream says. */
export type Message = { [K in Kind]: { kind: K; news: Parameters<Handlers[K]>[0] } }[Kind] | { kind: 'lost' } | { kind: 'refused' };

/** What our own script spends on news; a bench listens with its own note: the kind of news and milliseconds. */
export const spent = { note: (_kind: string, _ms: number): void => undefined };

const most = 1.5; // ms of a frame of the screen after which no further news is begun

/**
 * Has a worker follow the live stream. Vehicles are handed on as they come; all else in frames of the screen, what waits longest
 * first, as much as fits, so that no frame has to draw everything; newer news takes the place of older of its kind.
 */
export function live(city: City, h: Handlers, refused: () => Promise<void>): void {
  const worker = new Worker(), waiting = new Map<string, () => void>();
  let asked = false;
  const timed = (kind: string, f: () => void): void => { const began = performance.now(); f(); spent.note(kind, performance.now() - began); };
  const frame = (): void => {
    asked = false;
    const began = performance.now();
    for (const [kind, f] of waiting) {
      waiting.delete(kind);
      timed(kind, f);
      if (performance.now() - began > most) break;
    }
    ask();
  };
  const ask = (): void => {
    if (asked || waiting.size === 0) return;
    asked = true;
    if (document.hidden) setTimeout(frame, 100); else requestAnimationFrame(frame);
  };
  worker.onmessage = ({ data: m }: MessageEvent<Message>): void => {
    if (m.kind === 'refused') void refused().then(() => worker.postMessage('again'));
    else if (m.kind === 'vehicles') timed(m.kind, () => h.vehicles(m.news));
    else {
      waiting.set(m.kind, m.kind === 'lost' ? () => h.lost() : () => (h[m.kind] as (x: unknown) => void)(m.news));
      ask();
    }
  };
  worker.onerror = (e): void => { throw new Error(`live stream: ${e.message}`); };
  worker.postMessage({ city, address: new URL('api/live', location.href).href });
}
