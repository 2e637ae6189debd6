/** A frame of an animation: 8-bit RGBA, row by row. */
export interface Frame { data: Uint8ClampedArray; ms: number }

/** A colour to 5 bits a channel. */
const key = (d: Uint8ClampedArray, i: number): number => ((d[i]! >> 3) << 10) | ((d[i + 1]! >> 3) << 5) | (d[i + 2]! >> 3);
const none = 255; // the index of a pixel that stays as it was

/** An endless GIF (89a) of frames of one size, in 255 colours common to all; a pixel that does not change is left out of a frame. */
export function gif(width: number, height: number, frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const { colours, index } = palette(frames), out: number[] = [];
  const word = (v: number): void => { out.push(v & 255, v >> 8); }, text = (s: string): void => { for (const c of s) out.push(c.charCodeAt(0)); };
  text('GIF89a'); word(width); word(height);
  out.push(0xf7, 0, 0, ...colours);
  out.push(0x21, 0xff, 11); text('NETSCAPE2.0'); out.push(3, 1, 0, 0, 0);
  const parts: Uint8Array[] = [Uint8Array.from(out)];
  let before: Uint8Array | undefined;
  for (const f of frames) {
    const is = new Uint8Array(width * height), drawn = new Uint8Array(width * height);
    for (let i = 0; i < is.length; i++) { is[i] = index[key(f.data, 4 * i)]!; drawn[i] = before && before[i] === is[i] ? none : is[i]!; }
    before = is;
    const cs = Math.round(f.ms / 10);
    parts.push(Uint8Array.of(0x21, 0xf9, 4, 0x05, cs & 255, cs >> 8, none, 0, 0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0, 8), lzw(drawn));
  }
  parts.push(Uint8Array.of(0x3b));
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let o = 0;
  for (const p of parts) { all.set(p, o); o += p.length; }
  return all;
}

/** 255 colours by halving boxes of the histogram at their weighted middle (Heckbert 1982), and the index of each colour of 15 bits. */
function palette(frames: readonly Frame[]): { colours: Uint8Array; index: Uint8Array } {
  const count = new Uint32Array(1 << 15);
  for (const f of frames) for (let i = 0; i < f.data.length; i += 4) count[key(f.data, i)]!++;
  const channel = (k: number, c: number): number => (k >> (10 - 5 * c)) & 31;
  interface Box { list: number[]; axis: number; cost: number }
  const box = (list: number[]): Box => {
    let axis = 0, wide = -1, weight = 0;
    for (const k of list) weight += count[k]!;
    for (let c = 0; c < 3; c++) {
      let lo = 31, hi = 0;
      for (const k of list) { const v = channel(k, c); if (v < lo) lo = v; if (v > hi) hi = v; }
      if (hi - lo > wide) { wide = hi - lo; axis = c; }
    }
    return { list, axis, cost: list.length > 1 ? wide * Math.sqrt(weight) : -1 };
  };
  const boxes = [box([...count.keys()].filter((k) => count[k]! > 0))];
  while (boxes.length < none) {
    let at = 0;
    boxes.forEach((b, i) => { if (b.cost > boxes[at]!.cost) at = i; });
    const b = boxes[at]!;
    if (b.cost <= 0) break;
    b.list.sort((p, q) => channel(p, b.axis) - channel(q, b.axis));
    const whole = b.list.reduce((n, k) => n + count[k]!, 0);
    let half = 0, cut = 0;
    while (cut < b.list.length - 1 && half + count[b.list[cut]!]! <= whole / 2) half += count[b.list[cut++]!]!;
    cut = Math.max(1, cut);
    boxes.splice(at, 1, box(b.list.slice(0, cut)), box(b.list.slice(cut)));
  }
  const colours = new Uint8Array(768), index = new Uint8Array(1 << 15);
  boxes.forEach((b, i) => {
    const sum = [0, 0, 0];
    let n = 0;
    for (const k of b.list) { n += count[k]!; for (let c = 0; c < 3; c++) sum[c]! += channel(k, c) * count[k]!; index[k] = i; }
    for (let c = 0; c < 3; c++) colours[3 * i + c] = Math.round(((sum[c]! / Math.max(1, n)) * 255) / 31);
  });
  return { colours, index };
}

/** The image data of a frame: variable-length codes of 9 to 12 bits (Welch 1984) in blocks of 255 bytes. */
function lzw(pixels: Uint8Array): Uint8Array {
  const clear = 256, end = 257, bytes: number[] = [], table = new Int16Array(1 << 20), used: number[] = [];
  let next = end + 1, size = 9, held = 0, bits = 0;
  const put = (code: number): void => {
    held |= code << bits; bits += size;
    while (bits >= 8) { bytes.push(held & 255); held >>>= 8; bits -= 8; }
  };
  const reset = (): void => { for (const k of used) table[k] = 0; used.length = 0; next = end + 1; size = 9; };
  put(clear);
  let prefix = pixels[0]!;
  for (let i = 1; i < pixels.length; i++) {
    const p = pixels[i]!, k = (prefix << 8) | p, known = table[k]!;
    if (known) { prefix = known; continue; }
    put(prefix);
    if (next < 4096) {
      table[k] = next; used.push(k);
      if (next === 1 << size && size < 12) size++;
      next++;
    } else { put(clear); reset(); }
    prefix = p;
  }
  put(prefix); put(end);
  if (bits > 0) bytes.push(held & 255);
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 1);
  let o = 0;
  for (let i = 0; i < bytes.length; i += 255) { const n = Math.min(255, bytes.length - i); out[o++] = n; for (let j = 0; j < n; j++) out[o++] = bytes[i + j]!; }
  return out;
}
