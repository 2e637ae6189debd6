import type { City } from './api';
import Worker from './live.worker?worker';
import type { Handlers } from './stream';

type Kind = Exclude<keyof Handlers, 'lost'>;
/** What the worker that reads the live stream says. */
export type Message = { [K in Kind]: { kind: K; news: Parameters<Handlers[K]>[0] } }[Kind] | { kind: 'lost' } | { kind: 'refused' };

/** What our own script spends on news; a bench listens with its own note: the kind of news and milliseconds. */
export const spent = { note: (_kind: string, _ms: number): void => undefined };

const most = 1.5; // ms of a frame of the screen after which no further work is begun
const waiting = new Map<string, () => void>();
let asked = false;

function timed(kind: string, f: () => void): void {
  const began = performance.now();
  f();
  spent.note(kind, performance.now() - began);
}

function frame(): void {
  asked = false;
  const began = performance.now();
  for (const [kind, f] of waiting) {
    waiting.delete(kind);
    timed(kind, f);
    if (performance.now() - began > most) break;
  }
  ask();
}

function ask(): void {
  if (asked || waiting.size === 0) return;
  asked = true;
  if (document.hidden) setTimeout(frame, 100); else requestAnimationFrame(frame);
}

/**
 * Does f in a frame of the screen, what waits longest first, as much as fits, so that no frame has to draw everything; newer work of
 * a kind takes the place of older, and its turn: sent to the end, news that comes faster than frames would never be drawn.
 */
export function inFrames(kind: string, f: () => void): void {
  waiting.set(kind, f);
  ask();
}

// What waits for a frame of a page that is hidden meanwhile would wait until it is shown again.
document.addEventListener('visibilitychange', () => { if (document.hidden) { asked = false; ask(); } });

/** Has a worker follow the live stream. Vehicles are handed on as they come, all else in frames of the screen. */
export function live(city: City, h: Handlers, refused: () => Promise<void>): void {
  const worker = new Worker();
  worker.onmessage = ({ data: m }: MessageEvent<Message>): void => {
    switch (m.kind) {
      case 'refused': void refused().catch(() => undefined).then(() => worker.postMessage('again')); return;
      case 'vehicles': timed(m.kind, () => h.vehicles(m.news)); return;
      case 'lost': inFrames(m.kind, () => h.lost()); return; // after a status that waits still
      default:
        if (m.kind === 'status') waiting.delete('lost'); // the connection is there again
        inFrames(m.kind, () => (h[m.kind] as (x: unknown) => void)(m.news));
    }
  };
  worker.onerror = (e): void => { throw new Error(`live stream: ${e.message}`); };
  worker.postMessage({ city, address: new URL('api/live', location.href).href });
}
