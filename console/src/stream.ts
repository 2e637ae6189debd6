import type { Status } from './api';

/** Vehicles of one frame: parallel arrays. Positions are metres east and north of the city's south-west corner. */
export interface Vehicles { time: number; n: number; id: Uint32Array; x: Uint16Array; y: Uint16Array; heading: Uint8Array; kind: Uint8Array }
export interface Water { cols: number; rows: number; west: number; north: number; cell: number; index: Uint32Array; cm: Uint8Array }
export interface Handlers {
  vehicles(v: Vehicles): void;
  signals(stage: Uint8Array): void;
  water(w: Water): void;
  speeds(ratio: Uint8Array): void;
  status(s: Status): void;
  lost(): void;
}

/** What our own script spends on messages; a bench listens with its own note: the type of a message, 0 for a whole batch, and milliseconds. */
export const spent = { note: (_kind: number, _ms: number): void => undefined };

const head = 8; // bytes: type, 3 spare, length of the payload (u32, little-endian)

/** Decodes one message and hands it on. */
export function dispatch(type: number, b: ArrayBuffer, h: Handlers): void {
  const v = new DataView(b);
  switch (type) {
    case 1: {
      const n = v.getUint32(8, true);
      let o = 12;
      const u32 = (): Uint32Array => { const a = new Uint32Array(b.slice(o, o + 4 * n)); o += 4 * n; return a; };
      const u16 = (): Uint16Array => { const a = new Uint16Array(b.slice(o, o + 2 * n)); o += 2 * n; return a; };
      const u8 = (): Uint8Array => { const a = new Uint8Array(b, o, n); o += n; return a; };
      h.vehicles({ time: v.getFloat64(0, true), n, id: u32(), x: u16(), y: u16(), heading: u8(), kind: u8() });
      return;
    }
    case 2: h.signals(new Uint8Array(b)); return;
    case 3: {
      const n = v.getUint32(16, true);
      h.water({ cols: v.getUint16(0, true), rows: v.getUint16(2, true), west: v.getFloat32(4, true), north: v.getFloat32(8, true), cell: v.getFloat32(12, true),
        index: new Uint32Array(b.slice(20, 20 + 4 * n)), cm: new Uint8Array(b, 20 + 4 * n, n) });
      return;
    }
    case 4: h.status(JSON.parse(new TextDecoder().decode(b)) as Status); return;
    case 5: h.speeds(new Uint8Array(b)); return;
  }
}

/** Reads a response of framed messages to its end. */
export async function read(body: ReadableStream<Uint8Array>, h: Handlers): Promise<void> {
  const reader = body.getReader();
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
    const batch = performance.now();
    for (;;) {
      if (buf.length < head) break;
      const size = new DataView(buf.buffer, buf.byteOffset).getUint32(4, true);
      if (buf.length < head + size) break;
      const began = performance.now(), kind = buf[0]!;
      dispatch(kind, buf.slice(head, head + size).buffer, h);
      buf = buf.subarray(head + size);
      spent.note(kind, performance.now() - began);
    }
    spent.note(0, performance.now() - batch);
  }
}

/** Follows the live stream, and tries again when it breaks; refused is called where the server wants to know who asks. */
export async function follow(h: Handlers, refused: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  for (let wait = 500; ; wait = Math.min(8000, wait * 2)) {
    try {
      const r = await fetch('api/live');
      if (r.ok && r.body) { wait = 500; await read(r.body, h); } else if (r.status === 401 || r.status === 403) await refused();
    } catch { /* the next try says whether it is back */ }
    h.lost();
    await new Promise((f) => setTimeout(f, wait));
  }
}

/** The city as it was recorded at time t (Unix seconds), or as a branch expects it, as the same messages; returns the status of the answer. */
export async function frameAt(t: number, branch: string, h: Handlers): Promise<number> {
  const r = await fetch(`api/frame?t=${Math.round(t)}&branch=${encodeURIComponent(branch)}`);
  if (r.ok && r.body) await read(r.body, h);
  return r.status;
}
