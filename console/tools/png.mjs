// Makes a screenshot small: at most 256 colours, by median cut, as an indexed PNG.
import { deflateSync, inflateSync } from 'node:zlib';

/** Decodes an 8-bit RGB or RGBA PNG without interlace to RGB. */
function decode(png) {
  let o = 8, width = 0, height = 0, channels = 0;
  const data = [];
  while (o < png.length) {
    const size = png.readUInt32BE(o), kind = png.toString('latin1', o + 4, o + 8), body = png.subarray(o + 8, o + 8 + size);
    if (kind === 'IHDR') {
      width = body.readUInt32BE(0); height = body.readUInt32BE(4);
      channels = { 2: 3, 6: 4 }[body[9]];
      if (body[8] !== 8 || !channels || body[12] !== 0) throw new Error('png: only 8-bit RGB and RGBA without interlace');
    }
    if (kind === 'IDAT') data.push(body);
    o += 12 + size;
  }
  const raw = inflateSync(Buffer.concat(data)), row = width * channels, lines = Buffer.alloc(row * height), rgb = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)];
    for (let x = 0; x < row; x++) {
      const a = x >= channels ? lines[y * row + x - channels] : 0, b = y ? lines[(y - 1) * row + x] : 0, c = y && x >= channels ? lines[(y - 1) * row + x - channels] : 0;
      const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
      lines[y * row + x] = raw[y * (row + 1) + 1 + x] + [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter];
    }
  }
  for (let i = 0; i < width * height; i++) lines.copy(rgb, 3 * i, channels * i, channels * i + 3);
  return { width, height, rgb };
}

/** At most n colours for a histogram of [r, g, b, count] by halving the box with the largest weighted spread (Heckbert 1982). */
function medianCut(colours, n) {
  const box = (list) => {
    let best = { axis: 0, spread: -1 }, weight = 0;
    for (const c of list) weight += c[3];
    for (let axis = 0; axis < 3; axis++) {
      let lo = 255, hi = 0;
      for (const c of list) { lo = Math.min(lo, c[axis]); hi = Math.max(hi, c[axis]); }
      if (hi - lo > best.spread) best = { axis, spread: hi - lo };
    }
    return { list, axis: best.axis, cost: list.length > 1 ? best.spread * Math.sqrt(weight) : -1, weight };
  };
  const boxes = [box(colours)];
  while (boxes.length < n) {
    boxes.sort((a, b) => b.cost - a.cost);
    const b = boxes[0];
    if (b.cost <= 0) break;
    b.list.sort((p, q) => p[b.axis] - q[b.axis]);
    let half = 0, cut = 0;
    while (cut < b.list.length - 1 && half + b.list[cut][3] <= b.weight / 2) half += b.list[cut++][3];
    cut = Math.max(1, cut);
    boxes.splice(0, 1, box(b.list.slice(0, cut)), box(b.list.slice(cut)));
  }
  return boxes.map((b) => [0, 1, 2].map((axis) => Math.round(b.list.reduce((s, c) => s + c[axis] * c[3], 0) / b.weight)));
}

const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
function chunk(kind, body) {
  const b = Buffer.concat([Buffer.from(kind, 'latin1'), body]), size = Buffer.alloc(4), sum = Buffer.alloc(4);
  let crc = 0xffffffff;
  for (const v of b) crc = table[(crc ^ v) & 255] ^ (crc >>> 8);
  size.writeUInt32BE(body.length); sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return Buffer.concat([size, b, sum]);
}

/** The same picture with at most 256 colours. */
export function shrink(png) {
  const { width, height, rgb } = decode(png), seen = new Map();
  // Colours are counted to 6 bits a channel: finer steps are not seen and make the search long.
  const key = (i) => ((rgb[3 * i] >> 2) << 12) | ((rgb[3 * i + 1] >> 2) << 6) | (rgb[3 * i + 2] >> 2);
  for (let i = 0; i < width * height; i++) {
    const k = key(i), c = seen.get(k);
    if (c) { c[0] += rgb[3 * i]; c[1] += rgb[3 * i + 1]; c[2] += rgb[3 * i + 2]; c[3]++; } else seen.set(k, [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 1]);
  }
  for (const c of seen.values()) for (let a = 0; a < 3; a++) c[a] /= c[3];
  const palette = medianCut([...seen.values()], 256), nearest = new Map(), rows = Buffer.alloc((width + 1) * height);
  for (const [k, c] of seen) {
    let best = 0, least = Infinity;
    palette.forEach((p, i) => { const d = 2 * (p[0] - c[0]) ** 2 + 4 * (p[1] - c[1]) ** 2 + 3 * (p[2] - c[2]) ** 2; if (d < least) { least = d; best = i; } });
    nearest.set(k, best);
  }
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest.get(key(y * width + x));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0); head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('PLTE', Buffer.from(palette.flat())), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
