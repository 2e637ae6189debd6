// What is drawn between the frames of the stream: nobody leaps, and what is drawn keeps up, however frames and pictures come.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

let vite, Motion;
before(async () => {
  vite = await createServer({ root: path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'), configFile: false, server: { middlewareMode: true, ws: false, watch: null }, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true } });
  ({ Motion } = await vite.ssrLoadModule('/src/motion.ts'));
});
after(() => vite?.close());

const step = 5, pace = 12, block = 90; // seconds of the city from frame to frame; m/s; m from corner to corner
/** Where somebody is who goes round blocks at a steady pace, later than others by a while. */
function place(time, later) {
  const way = (time + later) * pace, leg = Math.floor(way / block) % 4, on = way % block;
  return leg === 0 ? [on, 0] : leg === 1 ? [block, on] : leg === 2 ? [block - on, block] : [0, block - on];
}
const frame = (time, came, ids = [3, 7]) => ({ time, came, n: ids.length, id: Uint32Array.from(ids), at: Float32Array.from(ids.flatMap((id) => place(time, 2 * id))), kind: new Uint8Array(ids.length) });
/** When n frames come that are gap(i) ms after one another. */
const coming = (n, gap) => { const list = []; for (let i = 0, t = 1000; i < n; t += gap(i++)) list.push(t); return list; };
/** Numbers of 0–1 that look like chance and are the same every time. */
const dice = () => { let x = 7; return () => (x = (x * 16807) % 2147483647) / 2147483647; };
/** What the pictures of a page show that makes one every so many ms, and takes the frames that have come before each. */
function watch(frames, every = 16, pictures = () => true) {
  const m = new Motion(), seen = [];
  for (let now = frames[0], k = 0; now < frames.at(-1) + 3000; now += every) {
    for (; frames[k] <= now; k++) m.take(frame(k * step, frames[k]), frames[k]);
    if (!pictures(now)) continue;
    m.picture(now);
    const s = m.share(now), at = (i) => [0, 1].map((c) => m.data[5 * i + c] + (m.data[5 * i + 2 + c] - m.data[5 * i + c]) * s);
    seen.push({ now, at: [at(0), at(1)], behind: (m.time - m.clock(now)) / step, time: m.clock(now) });
  }
  return seen;
}
/** How fast the fastest of them goes from picture to picture, m in a ms. */
const fastest = (seen) => Math.max(...seen.slice(1).map((p, i) => Math.max(...p.at.map((at, v) => Math.hypot(at[0] - seen[i].at[v][0], at[1] - seen[i].at[v][1]))) / (p.now - seen[i].now)));
const furthest = (seen) => Math.max(...seen.map((p) => p.behind));
/** For how many ms on end what is drawn is more than so many frames behind. */
function late(seen, frames) {
  let worst = 0, since;
  for (const p of seen) { if (p.behind <= frames) since = undefined; else worst = Math.max(worst, p.now - (since ??= p.now)); }
  return worst;
}
const own = (step * pace) / 500; // how fast they are drawn where a frame comes every 500 ms, m in a ms

test('frames that come in time: a steady pace, and no rest', () => {
  const seen = watch(coming(60, () => 500)), going = seen.filter((p) => p.now > 4000 && p.now < 30_000);
  assert.ok(fastest(seen) < 1.05 * own, `${fastest(seen)} where ${own} is their pace`);
  assert.ok(furthest(seen) < 1.3, `${furthest(seen)} frames behind`);
  for (const [i, p] of going.slice(1).entries()) assert.ok(p.time > going[i].time, `a rest at ${p.now}`);
});

test('frames that come early or late: no leap, and not two frames behind', () => {
  const chance = dice(), cases = {
    'by chance': coming(400, () => 500 * (0.6 + 0.8 * chance())), 'in turn': coming(200, (i) => (i % 2 ? 300 : 700)), 'in pairs': coming(200, (i) => (i % 2 ? 20 : 980)),
    'now and then': coming(200, (i) => (i % 4 === 0 ? 350 : i % 4 === 1 ? 650 : 500)),
  };
  for (const [name, frames] of Object.entries(cases)) for (const every of [16, 50]) {
    const seen = watch(frames, every);
    assert.ok(fastest(seen) < 2 * own, `${name}: ${fastest(seen)} where ${own} is their pace`);
    assert.ok(furthest(seen) <= 2, `${name}: ${furthest(seen)} frames behind`);
  }
});

test('frames that come in heaps, after a pause or faster than before: everybody moves there, and soon', () => {
  const cases = {
    'five at once': [5, coming(100, (i) => (i % 20 === 9 ? 2500 : i % 20 > 9 && i % 20 < 14 ? 0 : 500))], 'thirty at once': [30, coming(120, (i) => (i === 50 ? 15_000 : i > 50 && i < 80 ? 0 : 500))],
    'a pause of the stream': [1, coming(60, (i) => (i === 20 ? 30_000 : 500))], 'six times as fast': [3, coming(120, (i) => (i < 20 ? 500 : 83))], 'six times as slow': [1, coming(60, (i) => (i < 30 ? 83 : 500))],
  };
  for (const [name, [heap, frames]] of Object.entries(cases)) {
    const seen = watch(frames);
    // A way of so many frames takes a tenth of a second at least.
    assert.ok(fastest(seen) < ((heap + 1) * step * pace) / 100, `${name}: ${fastest(seen)}`);
    assert.ok(furthest(seen) <= heap + 1, `${name}: ${furthest(seen)} frames behind`);
    assert.ok(late(seen, 2) <= 500, `${name}: more than two frames behind for ${late(seen, 2)} ms`);
    assert.equal(seen.at(-1).behind, 0, name);
  }
});

test('a page of few pictures, or of none for a while, shows the newest like any other', () => {
  const chance = dice(), frames = coming(200, () => 500 * (0.8 + 0.4 * chance()));
  for (const every of [300, 900, 2500, 9000]) {
    const seen = watch(frames, every);
    assert.ok(furthest(seen) <= 2, `a picture every ${every} ms: ${furthest(seen)} frames behind`);
    assert.ok(fastest(seen) < 1.6 * own, `a picture every ${every} ms: ${fastest(seen)} where ${own} is their pace`);
  }
  const hidden = watch(frames, 16, (now) => now < 20_000 || now > 60_000);
  assert.ok(furthest(hidden) <= 2, `${furthest(hidden)} frames behind`);
});

test('a frame that a picture was made without: the way begins from what that picture shows', () => {
  const m = new Motion();
  for (const t of [0, 500, 1000]) m.take(frame(t / 100, t), t);
  m.picture(1600);
  const before = m.clock(1600);
  m.take(frame(15, 1450), 1450); // came at 1450, handed on after the picture
  assert.equal(m.clock(1600), before);
  assert.ok(m.clock(1700) > before);
});

test('who was not there, or is to jump, is where the frame has it, and the newest places are the frame’s own', () => {
  const m = new Motion(), where = (i, now) => [0, 1].map((c) => m.data[5 * i + c] + (m.data[5 * i + 2 + c] - m.data[5 * i + c]) * m.share(now));
  m.take(frame(0, 0, [3]), 0);
  m.take(frame(5, 500, [7, 3]), 500);
  assert.deepEqual(where(0, 500), place(5, 14), 'one who appears');
  assert.deepEqual(where(1, 500), place(0, 6), 'one who goes on');
  m.take(frame(10, 1000, [7]), 1000, true);
  assert.deepEqual(where(0, 1000), place(10, 14), 'one who jumps');
  assert.equal(m.clock(1000), 10);
  m.clear();
  assert.equal(m.n, 0);
  m.take(frame(15, 1500, [7]), 1500);
  assert.deepEqual(where(0, 1500), place(15, 14), 'one after all were taken away');
  assert.deepEqual([...m.data.slice(2, 4)], place(15, 14));
});
