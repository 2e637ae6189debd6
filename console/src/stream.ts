import type { Decision, Status, Way } from './api';
import type { Ground } from './ground';
import type { Places } from './motion';

/** What is drawn of a forecast's members; the mean is also what is, by the brain's estimate. */
export const statistics = ['mean', 'median', 'p90', 'chance'] as const;
export type Statistic = (typeof statistics)[number];
/** Wet cells: centimetres, or of a chance the percent, in cm. */
export interface Water { shows: Statistic;  cols: number; rows: number; west: number; north: number; cell: number; index: Uint32Array; cm: Uint8Array }
export interface Handlers {
  vehicles(v: Places): void;
  signals(stage: Uint8Array): void;
  water(w: Water): void;
  speeds(ratio: Uint8Array): void;
  status(s: Status): void;
  ways(w: Way[]): void;
  /** All of them, by the time at which they were made. */
  decisions(d: Decision[]): void;
  lost(): void;
}

const head = 8; // bytes: type, what water shows, 2 spare, length of the payload (u32, little-endian)

/** Decodes one message and hands it on. */
function dispatch(type: number, shows: number, b: ArrayBuffer, ground: Ground, decided: Map<string, Decision>, h: Handlers): void {
  const v = new DataView(b);
  switch (type) {
    case 1: {
      const n = v.getUint32(8, true);
      let o = 12;
      const u32 = (): Uint32Array => { const a = new Uint32Array(b.slice(o, o + 4 * n)); o += 4 * n; return a; };
      const u16 = (): Uint16Array => { const a = new Uint16Array(b.slice(o, o + 2 * n)); o += 2 * n; return a; };
      const id = u32(), x = u16(), y = u16(), kind = new Uint8Array(b.slice(o + n, o + 2 * n)), at = new Float32Array(2 * n); // headings lie between
      ground.putAll(x, y, n, at);
      h.vehicles({ time: v.getFloat64(0, true), came: performance.timeOrigin + performance.now(), n, id, at, kind });
      return;
    }
    case 2: h.signals(new Uint8Array(b)); return;
    case 3: {
      const n = v.getUint32(16, true);
      h.water({ shows: statistics[shows] ?? 'mean', cols: v.getUint16(0, true), rows: v.getUint16(2, true), west: v.getFloat32(4, true), north: v.getFloat32(8, true), cell: v.getFloat32(12, true),
        index: new Uint32Array(b.slice(20, 20 + 4 * n)), cm: new Uint8Array(b, 20 + 4 * n, n) });
      return;
    }
    case 4: h.status(JSON.parse(new TextDecoder().decode(b)) as Status); return;
    case 5: h.speeds(new Uint8Array(b)); return;
    case 6: h.ways(JSON.parse(new TextDecoder().decode(b)) as Way[]); return;
    case 7:
      for (const d of JSON.parse(new TextDecoder().decode(b)) as Decision[]) decided.set(d.id, d);
      h.decisions([...decided.values()]);
      return;
  }
}

/** Reads a response of framed messages to its end. */
async function read(body: ReadableStream<Uint8Array>, ground: Ground, h: Handlers): Promise<void> {
  const reader = body.getReader(), decided = new Map<string, Decision>();
  let buf: Uint8Array = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (buf.length === 0) buf = value;
    else {
      const joined = new Uint8Array(buf.length + value.length);
      joined.set(buf); joined.set(value, buf.length);
      buf = joined;
    }
    for (;;) {
      if (buf.length < head) break;
      const size = new DataView(buf.buffer, buf.byteOffset).getUint32(4, true);
      if (buf.length < head + size) break;
      dispatch(buf[0]!, buf[1]!, buf.slice(head, head + size).buffer, ground, decided, h);
      buf = buf.subarray(head + size);
    }
  }
}

/** Follows the live stream at address, and tries again when it breaks; refused is called where the server wants to know who asks. */
export async function follow(address: string, ground: Ground, h: Handlers, refused: () => Promise<void>): Promise<void> {
  for (let wait = 500; ; wait = Math.min(8000, wait * 2)) {
    try {
      const r = await fetch(address);
      if (r.ok && r.body) { wait = 500; await read(r.body, ground, h); } else if (r.status === 401 || r.status === 403) await refused();
    } catch { /* the next try says whether it is back */ }
    h.lost();
    await new Promise((f) => setTimeout(f, wait));
  }
}

/** The city as it was recorded at time t (Unix seconds), or as a branch expects it, by the statistic of its members where it has it, as the same messages; returns the status of the answer. */
export async function frameAt(t: number, branch: string, show: Statistic, ground: Ground, h: Handlers): Promise<number> {
  const r = await fetch(`api/frame?t=${Math.round(t)}&branch=${encodeURIComponent(branch)}${branch ? `&show=${show}` : ''}`);
  if (r.ok && r.body) await read(r.body, ground, h);
  return r.status;
}
