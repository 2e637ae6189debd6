// The console in a real browser, against the real binary: it draws the city, moves it, answers keys, speaks both languages.
// Where a test needs what the evening does not give at once (a late feed, a coarse terrain, a role), it changes one answer of
// the server on its way and leaves the rest.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { browse, clockOf, open as openAt, root, serve } from '../tools/drive.mjs';

let city, url, browser;
before(async () => {
  city = await serve(['--speed', '60', '--members', '4']);
  url = city.url;
  browser = await browse();
});
// What a failed test left open would draw on beside the next ones.
afterEach(async () => { for (const c of browser.contexts()) for (const p of c.pages()) await p.close(); });
after(async () => { await browser?.close(); city?.stop(); });

const open = (lang, more = {}) => openAt(browser, url, { lang, ...more });
/** Waits until f is true in the page. While a page is being built f may miss what it reads: that is not yet, no failure. */
async function until(page, f, arg, patience = 300_000) {
  const end = Date.now() + patience;
  for (let missed; ; await new Promise((ok) => setTimeout(ok, 250))) {
    try {
      const v = await page.evaluate(f, arg);
      if (v) return v;
      missed = undefined;
    } catch (e) { missed = e; }
    if (page.isClosed() || Date.now() > end) throw new Error(`never true within ${patience / 1000} s: ${f}`, { cause: missed });
  }
}
/** What the server answers to a path. On a busy machine the city may not tick for a while: whoever asked is told so then, and asks again. */
async function answer(where, how, patience = 300_000) {
  for (const end = Date.now() + patience; ;) {
    const r = await fetch(url + where, how);
    if (r.status !== 503 && r.status !== 504 || Date.now() > end) return r;
    await r.text();
    await new Promise((ok) => setTimeout(ok, 500));
  }
}
async function read(where) {
  const r = await answer(where);
  assert.equal(r.status, 200, where);
  return r.json();
}
/** Changes the JSON that the server answers to a path; what it refuses stays as it is. */
const change = (page, where, f) => page.route(where, async (r) => {
  try { const a = await r.fetch(), b = a.ok() && await a.json(); await r.fulfill(b ? { response: a, json: f(b) ?? b } : { response: a }); } catch (e) { if (!page.isClosed()) throw e; } // what was asked when the page closed
});
/** Opens a page whose answers are changed by prepare before anything is asked. */
async function changed(lang, prepare, hash = '') {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(300_000);
  await prepare(page);
  await page.addInitScript((l) => { localStorage.setItem('lang', l); localStorage.setItem('toured', '1'); }, lang);
  await page.goto(url + (hash ? '#' + hash : ''));
  return page;
}
/** One message of the stream. */
function message(kind, payload) {
  const b = Buffer.alloc(8 + payload.length);
  b[0] = kind;
  b.writeUInt32LE(payload.length, 4);
  payload.copy(b, 8);
  return b;
}
/** What a body of messages says of everything but one kind. */
function without(kind, body) {
  const rest = [];
  for (let at = 0; at < body.length;) {
    const end = at + 8 + body.readUInt32LE(at + 4);
    if (body[at] !== kind) rest.push(body.subarray(at, end));
    at = end;
  }
  return Buffer.concat(rest);
}
const proposal = (at) => ({ id: 'closure-test', kind: 'closure', title: { en: 'Close Test Street underpass', zh: '封闭试验街下立交' }, why: { en: 'It fills within half an hour.', zh: '半小时内积水。' }, ifnot: { en: 'cars may be caught', zh: '车辆可能被困' }, state: 'proposed', by: '', base: 'a/as-is', with: 'a/brain', made: at - 60, deadline: at + 900, expected: { unit: 'fen', mean: 5e6, p05: 1e6, p95: 9e6 } });
/** Stands in for the live stream: a status and decisions, once, and nothing more where it is to break; the rest of the server is as it is. */
const withStream = async (page, decisions, breaks = false) => {
  const { start } = await read('api/city');
  let told = false;
  const status = { clock: start + 600, speed: 1, slowed: false, halted: false, totals: { vehicles: 5000, speed: 12, rain: 3, rainTotal: 2, tide: 2, calls: 3, units: 9 }, units: [], calls: [] };
  await page.route('**/api/live', (r) => {
    if (told && breaks) return r.abort();
    told = true;
    return r.fulfill({ body: Buffer.concat([message(4, Buffer.from(JSON.stringify(status))), message(7, Buffer.from(JSON.stringify(decisions(start + 600))))]) });
  });
};
const withProposal = (page) => withStream(page, (now) => [proposal(now)]);

test('every text is there in both languages, and every one is used', async () => {
  const table = JSON.parse(await readFile(path.join(root, 'console/src/texts.json'), 'utf8'));
  const dir = path.join(root, 'console/src'), sources = {};
  for (const f of await readdir(dir)) if (f.endsWith('.ts')) sources[f] = await readFile(path.join(dir, f), 'utf8');
  const all = Object.values(sources).join('\n');
  for (const [key, t] of Object.entries(table)) {
    assert.ok(t.en && t.zh, `${key} lacks a language`);
    assert.deepEqual(Object.keys(t).sort(), ['en', 'zh'], key);
    assert.match(key === 'language' ? t.en : t.zh, /[\u4e00-\u9fff]/, `${key}: the Chinese text has no Chinese in it`);
    assert.deepEqual([...t.en.matchAll(/\{\w+\}/g)].map(String).sort(), [...t.zh.matchAll(/\{\w+\}/g)].map(String).sort(), `${key}: not the same figures in both`);
    // Words that others choose are looked up by group, such as an attribute's name.
    if (!/^(a|v|type|role|kind|st|layer|view|use|ask|tour|junction|show|light|mode|street\.key|profile\.key|effect)\./.test(key) && !/^(ok|stale|silent)$/.test(key)) assert.ok(all.includes(`'${key}'`), `${key} is used nowhere`);
  }
  for (const [f, s] of Object.entries(sources)) assert.doesNotMatch(s.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''), /[\u4e00-\u9fff]/, `${f} has a text outside the table`);
});

test('the city moves, the clock runs, nothing comes from outside', async () => {
  const { page, outside, errors } = await open('en');
  await until(page, () => window.citybrain.status());
  const a = await clockOf(page);
  await until(page, (was) => window.citybrain.status().clock > was + 10, a);
  assert.deepEqual(outside, [], 'requests left the machine');
  assert.deepEqual(errors, []);
  assert.match(await page.textContent('.exercise'), /EXERCISE 演练/);
  const streets = await page.evaluate(() => window.citybrain.map.map.queryRenderedFeatures({ layers: ['main'] }).length);
  assert.ok(streets > 50, `${streets} main streets drawn`);
  const off = await page.evaluate(async () => {
    const m = window.citybrain.map, list = (await (await fetch('api/equipment')).json()).features;
    return Math.max(...list.map((f) => { const [x, y] = m.ground.metres(...f.geometry.coordinates), [lon, lat] = m.ground.lonlat(x, y); return Math.hypot((lon - f.geometry.coordinates[0]) * 95_000, (lat - f.geometry.coordinates[1]) * 111_000); }));
  });
  assert.ok(off < 0.5, `places are ${off} m off there and back`);
  await page.close();
});

test('keys lead through the views, the palette finds, the inspector shows history and an empty selection the outlook', async () => {
  const { page } = await open('en');
  await until(page, () => /What will be/.test(document.querySelector('.inspector').textContent));
  await page.keyboard.press('4');
  await page.waitForSelector('.page table');
  assert.match(await page.textContent('.page'), /SL 651-2014/);
  assert.match(await page.textContent('.page'), /of 12 feeds/);
  await page.keyboard.press('1');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('boundary station');
  await until(page, () => [...document.querySelectorAll('.palette li')].some((x) => /boundary station/.test(x.textContent)));
  await page.keyboard.press('Enter');
  await until(page, () => /units running|capacity/.test(document.querySelector('.inspector').textContent));
  assert.match(await page.textContent('.inspector'), /Water Authority/);
  assert.match(await page.textContent('.inspector'), /Modbus TCP/);
  assert.match(await page.textContent('.inspector'), /On branch/);
  await page.waitForSelector('.inspector .uplot');
  assert.match(page.url(), /id=urn/);
  await page.keyboard.press('Escape');
  await until(page, () => /Outlook/.test(document.querySelector('.inspector').textContent));
  await page.keyboard.press('?');
  const sheet = await page.textContent('dialog.help');
  for (const k of ['Play', 'Compare now', 'Approve', 'Halt all automation', 'Water', 'Light or dark']) assert.ok(sheet.includes(k), `${k} is not in the help sheet`);
  await page.keyboard.press('Escape');
  await page.close();
});

test('a controller of rings opens to the phases that are green together', async () => {
  const j = await read('api/junction?id=urn:ngsi-ld:TrafficSignal:j27');
  assert.deepEqual(j.stages.slice(0, 2).map((s) => s.phases), [[1, 5], [2, 6]]);
  const { page, errors } = await open('zh', { hash: 'id=urn:ngsi-ld:TrafficSignal:j27' });
  await page.waitForSelector('.junction rect.green');
  const drawn = await page.evaluate(() => ({ ways: document.querySelectorAll('.junction polyline').length, going: document.querySelectorAll('.junction polyline.go').length, rows: [...document.querySelectorAll('.junction text')].map((x) => x.textContent), text: document.querySelector('.inspector').textContent }));
  assert.equal(drawn.ways, j.movements.length);
  assert.ok(drawn.going > 0, 'no movement is drawn green');
  for (const p of new Set(j.stages.flatMap((s) => s.phases))) assert.ok(drawn.rows.includes(String(p)), `no row of phase ${p}`);
  assert.match(drawn.text, /按2环运行/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('why a junction is split so: what each beginning costs, or that nothing is to be chosen', async () => {
  const id = 'urn:ngsi-ld:TrafficSignal:j100', j = await read(`api/junction?id=${id}`); // once: the brain looks ahead for every answer
  let say = () => { j.begins = 2; j.stages[2].more = 0; j.stages[0].more = 40.2; j.stages[1].more = 12.4; j.runnerUp = { stage: 1, vehicleSeconds: 12.4 }; };
  const page = await changed('en', (p) => p.route('**/api/junction?*', (r) => {
    Object.assign(j, { led: true, fixed: false, runnerUp: undefined, begins: undefined });
    for (const s of j.stages) delete s.more;
    say();
    return r.fulfill({ json: j });
  }), `id=${id}`);
  const shows = (words) => until(page, (w) => document.querySelector('.inspector').textContent.includes(w), words);
  await shows('begins with stage 2, the runner-up, would cost 12 vehicle-seconds more');
  assert.deepEqual((await page.locator('.costs tr').allTextContents()).slice(1), ['stage 3chosen', 'stage 2+12', 'stage 1+40']);
  say = () => { j.fixed = true; };
  await shows('countdown has fixed when this green ends');
  assert.equal(await page.locator('.costs').count(), 0);
  say = () => { j.begins = 0; j.stages[0].more = 0; j.stages[1].more = 0.2; j.runnerUp = { stage: 1, vehicleSeconds: 0.2 }; };
  await shows('would cost as much');
  await page.close();
});

test('an address that names nothing says so', async () => {
  const { page } = await open('en', { hash: 'id=hello&cmp=a/b~c/d~0' });
  await until(page, () => /Nothing is known of this/.test(document.querySelector('.inspector').textContent));
  await until(page, () => [...document.querySelectorAll('.side')].filter((x) => /this branch is gone/.test(x.textContent)).length === 2);
  await page.close();
});

test('what a server that is gone can no longer tell is said, in the language chosen', async () => {
  const { page, errors } = await open('zh', { hash: 'id=urn:ngsi-ld:TrafficSignal:j100' });
  await page.waitForSelector('.when.now');
  await page.context().setOffline(true);
  await page.evaluate(() => { window.citybrain.pick('urn:ngsi-ld:TrafficSignal:j27'); });
  await page.keyboard.press('c');
  await until(page, () => /连接中断/.test(document.querySelector('.inspector').textContent) && !/Failed/.test(document.body.textContent));
  await until(page, () => !document.querySelector('.side.right') || /连接中断/.test(document.querySelector('.side.right').textContent));
  assert.deepEqual(errors, []);
  await page.close();
});

test('a junction opens to its movements, the next two minutes and why', async () => {
  const { page, errors } = await open('zh', { hash: 'id=urn:ngsi-ld:TrafficSignal:j100' });
  await page.waitForSelector('.junction rect.green');
  const drawn = await page.evaluate(() => ({ ways: document.querySelectorAll('.junction polyline').length, going: document.querySelectorAll('.junction polyline.go').length, text: document.querySelector('.inspector').textContent }));
  const j = await read('api/junction?id=urn:ngsi-ld:TrafficSignal:j100');
  assert.equal(drawn.ways, j.movements.length);
  assert.ok(drawn.going > 0, 'no movement is drawn green');
  assert.match(drawn.text, /未来两分钟/);
  assert.match(drawn.text, /未经签署/);
  assert.match(drawn.text, /分方式延误/);
  assert.match(drawn.text, /[东南西北]进口/);
  assert.ok((await page.locator('.delays tr').count()) > 2 && j.movements.some((m) => m.served > 0 && m.delay > 0), 'no delay by movement');
  assert.ok(j.delay.some((m) => m.mode === 'walk' && m.seconds > 0), 'walkers wait for nothing');
  assert.equal((await answer('api/junction?id=urn:ngsi-ld:TrafficSignal:nowhere')).status, 404);
  assert.deepEqual(errors, []);
  await page.close();
});

test('who comes, from where and why: coverage, what is reached within minutes, ways to calls, the runners-up', async () => {
  const { page, errors } = await open('en');
  await page.keyboard.press('o');
  await until(page, () => /of \d+ units free/.test(document.querySelector('.layers').textContent) && window.citybrain.map.map.getLayoutProperty('coverage', 'visibility') === 'visible');
  const c = await page.evaluate(() => { const m = window.citybrain.map; return m.coveredAt(m.city.corners[0].map((v, i) => (v + m.city.corners[2][i]) / 2)); });
  assert.ok(c > 0 && c <= 100, `the middle of the city is covered by ${c} %`);
  await page.keyboard.press('q');
  await until(page, () => document.querySelectorAll('.reach .bands span').length === 6);
  assert.match(page.url(), /reach=/);
  await page.locator('.reach select').selectOption('walk');
  await until(page, () => window.citybrain.map.map.getSource('reach-lines').serialize().data.features.some((f) => f.geometry.coordinates.length > 0));
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.reach').isVisible(), false);
  // A dispatch is taken apart: who goes, two runners-up, their ways on the map; units by their station's name.
  await until(page, () => window.citybrain.decisions().some((d) => d.kind === 'dispatch' && / to call /.test(d.title.en)));
  await page.evaluate(() => window.citybrain.pickDecision(window.citybrain.decisions().filter((d) => d.kind === 'dispatch' && / to call /.test(d.title.en)).at(-1)));
  await page.waitForSelector('.choices .best');
  assert.match(await page.textContent('.choices'), /[a-z] \d/);
  assert.doesNotMatch(await page.textContent('.choices'), /_/);
  assert.ok(await page.evaluate(() => window.citybrain.map.map.getSource('looked').serialize().data.features.some((f) => f.properties.kind === 'choice')), 'no way is drawn');
  const unit = await page.evaluate(() => window.citybrain.status().units[0]);
  await page.evaluate((id) => window.citybrain.pick(id), unit.id);
  await until(page, (n) => document.querySelector('.inspector h2').textContent.includes(n), unit.name.en);
  // One on its way, as the stream tells it: when it is there, with its spread, and the lights before it.
  // The stream's own news puts it away again, and then it is told once more.
  const way = await until(page, () => {
    const told = document.querySelector('.moving')?.textContent ?? '', u = window.citybrain.status().units[1];
    if (/3:20/.test(told)) return told;
    window.citybrain.setWays([{ unit: u.id, name: u.name, kind: u.kind, call: 'urn:ngsi-ld:EmergencyCall:x', priority: 1, eta: 200, early: 160, late: 270, line: [u.at, [u.at[0] + 0.01, u.at[1]]], lights: [{ id: 'urn:ngsi-ld:TrafficSignal:j100', name: { en: 'Test Cross' }, at: u.at, arrive: 35, shows: 'green', held: true, queue: 2 }] }]);
    window.citybrain.pick(u.id);
    return '';
  });
  for (const x of ['2:40 – 4:30', 'Test Cross', '+0:35', 'held', 'priority 1']) assert.ok(way.includes(x), `${x} is not in ${way}`);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a street opens to its green waves and its long profile, a creek and a line to theirs, and the forecast to a film', async () => {
  const id = 'urn:ngsi-ld:RoadSegment:l84', { page, errors } = await open('en', { hash: `id=${id}&drawer=waves~${id}` });
  await page.waitForSelector('.timespace .green');
  const s = await read(`api/street?id=${id}`);
  assert.equal(await page.locator('.timespace rect.red').count(), s.signals.length);
  for (const g of s.signals) assert.ok(g.known <= 0 && g.known >= -s.past && g.greens.every(([a]) => a >= g.known), `${g.id}: known since ${g.known}`);
  assert.equal(s.plays.length, 2);
  assert.match(await page.textContent('.figures'), /waits along the street, each/);
  await page.locator('.figures button').nth(1).click();
  assert.equal(await page.locator('.figures button').nth(1).getAttribute('aria-checked'), 'true');
  await page.keyboard.press('h');
  await page.waitForSelector('.drawer .profile .ground');
  await page.evaluate(() => window.citybrain.drawer.show({ line: [[121.47, 31.21], [121.49, 31.22], [121.5, 31.22]] }, 'profile'));
  await until(page, () => /A line on the map/.test(document.querySelector('.drawer strong').textContent));
  assert.match(page.url(), /drawer=profile/);
  const gauge = (await read('api/equipment')).features.map((f) => f.properties.id).find((x) => /WaterObserved:k\d/.test(x));
  await page.evaluate((g) => window.citybrain.drawer.show({ id: g }, 'profile'), gauge);
  await until(page, () => document.querySelector('.drawer .profile line.bank'));
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.drawer').isVisible(), false);
  await until(page, () => document.querySelector('.key .fan'));
  const [file] = await Promise.all([page.waitForEvent('download'), page.evaluate(() => void window.citybrain.shoot(2))]);
  assert.match(file.suggestedFilename(), /^flood-.*\.gif$/);
  const bytes = [...(await readFile(await file.path()))];
  const frames = await page.evaluate(async (b) => { const d = new ImageDecoder({ data: Uint8Array.from(b), type: 'image/gif' }); await d.tracks.ready; const n = d.tracks.selectedTrack.frameCount, { image } = await d.decode({ frameIndex: n - 1 }); return { n, w: image.codedWidth }; }, bytes);
  assert.equal(frames.n, 2);
  assert.ok(frames.w > 300, JSON.stringify(frames));
  assert.deepEqual(errors, []);
  await page.close();
});

test('time goes back to the first minute, plays, and forward into the forecast', async () => {
  const { page, errors } = await open('en');
  await until(page, () => document.querySelector('.key .fan') && window.citybrain.status()?.clock - window.citybrain.time.first > 240);
  await page.keyboard.press('Home');
  await until(page, () => document.querySelector('.stage').dataset.time === 'past');
  const at = await page.evaluate(() => window.citybrain.time.at);
  await page.keyboard.press(']');
  await page.keyboard.press(' ');
  await until(page, (was) => window.citybrain.time.at === 0 || window.citybrain.time.at > was + 60, at);
  await page.keyboard.press('n');
  assert.equal(await page.evaluate(() => window.citybrain.time.at), 0);
  await page.evaluate(() => window.citybrain.time.set(window.citybrain.status().clock + 3600));
  await until(page, () => document.querySelector('.stage').dataset.time === 'future' && window.citybrain.vehicles() === 0);
  assert.match(await page.textContent('.badge'), /FORECAST/);
  assert.match(page.url(), /t=\d+/);
  await page.keyboard.press('n');
  await until(page, () => window.citybrain.vehicles() > 100);
  assert.deepEqual(errors, []);
  await page.close();
});

test('streets are coloured by the speeds expected within the hour, and the screen says so, in both languages', async () => {
  for (const [lang, words, beyond] of [['en', /streets by the speed expected/, /traffic is not forecast/], ['zh', /道路按预计车速着色/, /不含交通/]]) {
    let links = 0, last = 0;
    const page = await changed(lang, (p) => p.route('**/api/frame*', async (r) => {
      const at = new URL(r.request().url()).searchParams;
      // The streets stand at half their limits for an hour to come, and nothing is known beyond, whatever the evening expects by now.
      const a = await r.fetch(), other = without(5, await a.body());
      const body = Number(at.get('t')) < last ? Buffer.concat([message(5, Buffer.alloc(links, 128)), other]) : other;
      await r.fulfill({ status: 200, body, contentType: 'application/octet-stream' });
    }));
    await until(page, () => window.citybrain?.status() && window.citybrain.map.speeds?.length > 0 && document.querySelector('.key .fan'));
    links = await page.evaluate(() => window.citybrain.map.speeds.length);
    const now = await clockOf(page);
    last = now + 3600;
    await page.evaluate((at) => window.citybrain.time.set(at), now + 1800);
    await until(page, () => window.citybrain.map.speeds.every((v) => v === 128));
    await until(page, (w) => new RegExp(w).test(document.querySelector('.badge').textContent), words.source);
    await page.evaluate((at) => window.citybrain.time.set(at), now + 5400);
    await until(page, (w) => new RegExp(w).test(document.querySelector('.badge').textContent), beyond.source);
    await until(page, () => window.citybrain.map.speeds.every((v) => v === 255));
    await page.close();
  }
});

test('two maps compare now with a forecast, and a decision with what would be without it', async () => {
  const { page, errors } = await open('en');
  await until(page, () => document.querySelector('.key .fan'));
  await page.keyboard.press('c');
  await until(page, () => window.citybrain.compared()?.right.map.holder.dataset.ready === 'yes');
  const sides = await page.locator('.side').allTextContents();
  assert.match(sides[0], /live/);
  assert.match(sides[1], /forecast/);
  assert.match(page.url(), /cmp=/);
  await page.locator('.swipe').focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok((await page.evaluate(() => window.citybrain.compared().shareLeft)) < 0.5);
  const moved = await page.evaluate(() => { const { map, compared } = { map: window.citybrain.map.map, compared: window.citybrain.compared() }; map.jumpTo({ zoom: 15 }); return compared.right.map.map.getZoom(); });
  assert.equal(moved, 15, 'the two maps do not move together');
  await page.keyboard.press('x');
  assert.equal(await page.locator('.side').count(), 0);
  await page.keyboard.press('3');
  await page.locator('.two').first().click();
  await until(page, () => window.citybrain.compared());
  const names = await page.evaluate(() => [window.citybrain.compared().left.branch, window.citybrain.compared().right.branch]);
  assert.match(names[0], /as-is$/);
  assert.match(names[1], /brain$/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('the water to come is drawn by median, 90 % or chance, with its colours, and the address keeps which', async () => {
  const { page, errors } = await open('en');
  await until(page, () => document.querySelector('.key .fan') && window.citybrain.status());
  assert.equal(await page.locator('.badge').isVisible(), false, 'nothing to choose of what is now');
  await page.evaluate(() => window.citybrain.time.set(window.citybrain.status().clock + 3000));
  await until(page, () => window.citybrain.map.water.shows === 'median');
  const colours = await page.textContent('.badge .ramp');
  assert.match(colours, /100 cm/);
  await page.locator('.choice button', { hasText: '90 %' }).click();
  await until(page, () => window.citybrain.map.water.shows === 'p90');
  await page.keyboard.press('f');
  await until(page, () => window.citybrain.map.water.shows === 'chance');
  assert.match(await page.textContent('.badge .ramp'), /80 %/);
  assert.equal(await page.getAttribute('.choice .current', 'aria-checked'), 'true');
  assert.match(page.url(), /show=chance/);
  await page.keyboard.press('n');
  await until(page, () => window.citybrain.map.water.shows === 'mean');
  assert.deepEqual(errors, []);
  await page.close();
});

test('a gauge opens its reports against the forecast, a pump its plan, a district its damage', async () => {
  const list = (await read('api/equipment')).features.map((f) => f.properties);
  const gauge = list.find((x) => x.id.includes('WaterObserved')).id, pump = list.find((x) => x.kind === 'pump').id;
  const { page, errors } = await open('zh', { hash: `id=${gauge}` });
  await until(page, () => document.querySelector('.inspector .uplot') && /实测与预测/.test(document.querySelector('.inspector').textContent));
  const h = await read(`api/hydrograph?id=${gauge}`);
  assert.ok(h.median.length > 10 && h.median.every((m, i) => h.q05[i] <= m && m <= h.q95[i]), JSON.stringify(h));
  await page.close();
  const next = await open('en', { hash: `id=${pump}` });
  await until(next.page, () => /Plan/.test(document.querySelector('.plan')?.previousSibling?.textContent ?? ''));
  const plan = await next.page.textContent('.plan');
  for (const x of ['ordered', 'starts in the last hour', 'allowed', 'own levels', 'from – to']) assert.ok(plan.includes(x), `${x} is not in the plan: ${plan}`);
  await next.page.locator('.plan .link').click();
  await until(next.page, () => /Observed and forecast/.test(document.querySelector('.inspector').textContent));
  await until(next.page, () => window.citybrain.map.districts.length > 0);
  await next.page.keyboard.press('d');
  assert.equal(await next.page.evaluate(() => window.citybrain.map.map.getLayoutProperty('damage', 'visibility')), 'visible');
  const id = await next.page.evaluate(() => window.citybrain.map.districts[0]);
  await next.page.close();
  const last = await open('en', { hash: `id=${id}` });
  await until(last.page, () => /Damage expected/.test(document.querySelector('.inspector').textContent) && /¥/.test(document.querySelector('.inspector').textContent));
  assert.deepEqual([...errors, ...next.errors, ...last.errors], []);
  await last.page.close();
});

test('a proposal is approved by two keys, and a refusal of the server is said', async () => {
  const page = await changed('en', withProposal);
  let asked;
  await page.route('**/api/decisions/approve', (r) => { asked = r.request().postDataJSON(); return r.fulfill({ status: 403, body: 'a second person has to approve this' }); });
  await page.waitForSelector('.card');
  const card = await page.textContent('.card');
  for (const x of ['Close Test Street', 'until', '¥50.0 k', 'cars may be caught']) assert.ok(card.includes(x), `${x} is not on the card`);
  await page.keyboard.press('a');
  assert.match(await page.textContent('.card footer'), /Approve this\?/);
  assert.equal(asked, undefined, 'one key was enough');
  await page.keyboard.press('Enter');
  await until(page, () => /second person/.test(document.querySelector('.say')?.textContent ?? ''));
  assert.deepEqual(asked, { id: 'closure-test' });
  await page.close();
});

test('what is noted of detectors is one line that opens to each, and a closure says what its minutes are', async () => {
  const note = (now, i) => ({ ...proposal(now), id: `detector-${i}`, kind: 'detector', title: { en: `Leave out ${i + 1} detector`, zh: `停用${i + 1}个检测器的数据` }, state: 'seen', made: now - 60 * i, expected: undefined });
  const stream = (now) => [...[0, 1, 2].map((i) => note(now, i)), { ...proposal(now), id: 'pump', kind: 'water', title: { en: 'Start the pumps', zh: '启动水泵' }, state: 'seen' }, { ...proposal(now), expected: { unit: 'min', mean: 120, p05: 80, p95: 150 } }];
  for (const [lang, line, made] of [['en', /Detectors left out or believed again × 3/, /all vehicles together spend on the streets/], ['zh', /检测器数据停用或恢复 × 3/, /全部车辆在路上总耗时/]]) {
    const page = await changed(lang, (p) => withStream(p, stream));
    await until(page, () => document.querySelectorAll('.inbox .line').length === 2);
    const fold = page.locator('.inbox .line', { hasText: line });
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    await fold.click();
    await until(page, () => document.querySelectorAll('.inbox .line.under').length === 3);
    await page.locator('.inbox .line.under').nth(1).click();
    await until(page, () => /detector-1/.test(document.querySelector('.inspector').textContent));
    assert.doesNotMatch(await page.textContent('.inspector'), made);
    await page.locator('.card header').click();
    await until(page, () => /closure-test/.test(document.querySelector('.inspector').textContent));
    assert.match(await page.textContent('.inspector'), made);
    await fold.click();
    await until(page, () => document.querySelectorAll('.inbox .line').length === 2);
    await page.close();
  }
});

test('a side of a comparison that would be live says that the connection is lost', async () => {
  for (const [lang, lost, live] of [['en', /connection lost/, /live/], ['zh', /连接中断/, /实时/]]) {
    const page = await changed(lang, (p) => withStream(p, () => [], true));
    await until(page, () => document.querySelector('.head .live.lost') && document.querySelector('.key .fan'));
    await page.keyboard.press('c');
    await until(page, (l) => new RegExp(l).test(document.querySelector('.side.left')?.textContent ?? ''), lost.source);
    assert.doesNotMatch(await page.textContent('.side.left > div:nth-child(2)'), live);
    assert.doesNotMatch(await page.textContent('.side.right > div:nth-child(2)'), lost);
    await page.close();
  }
});

test('a role that may not decide sees why, and a login is asked for where the server wants one', async () => {
  const page = await changed('en', async (p) => { await withProposal(p); await p.route('**/api/me', (r) => r.fulfill({ json: { name: 'Li', role: 'viewer' } })); });
  await page.waitForSelector('.card');
  await until(page, () => document.querySelector('.card .approve')?.disabled);
  assert.match(await page.textContent('.card'), /Your role \(viewer\) may not decide/);
  assert.match(await page.textContent('.head'), /Li/);
  await page.close();
  let in_ = false, given;
  const other = await changed('en', async (p) => {
    await p.route('**/api/me', (r) => (in_ ? r.fulfill({ json: { name: 'Wang', role: 'duty' } }) : r.fulfill({ status: 401, body: 'log in' })));
    await p.route('**/api/city', (r) => (in_ ? r.continue() : r.fulfill({ status: 401, body: 'log in' })));
    await p.route('**/api/login', (r) => { given = r.request().postDataJSON(); in_ = given.password === 'right'; return r.fulfill(in_ ? { status: 204 } : { status: 401, body: 'no' }); });
  });
  await other.fill('dialog.login input[name="login.name"]', 'Wang');
  await other.fill('dialog.login input[type=password]', 'wrong');
  await other.keyboard.press('Enter');
  await until(other, () => /wrong/.test(document.querySelector('dialog.login .warn').textContent));
  await other.fill('dialog.login input[type=password]', 'right');
  await other.keyboard.press('Enter');
  await until(other, () => /Wang/.test(document.querySelector('.head')?.textContent ?? ''));
  assert.deepEqual(given, { name: 'Wang', password: 'right' });
  await other.close();
});

test('depths and yuan carry the label of an invented terrain, and are not shown on a coarse one', async () => {
  const invented = await changed('en', (p) => change(p, '**/api/city', (c) => { c.terrain = 'invented'; }));
  await until(invented, () => /damage as things stand/.test(document.querySelector('.inspector')?.textContent ?? ''));
  assert.ok((await invented.locator('.inspector .caveat').allTextContents()).length >= 2, 'depth and damage of the outlook');
  assert.match(await invented.textContent('.inspector'), /invented terrain/);
  await invented.close();
  const coarse = await changed('en', (p) => change(p, '**/api/city', (c) => { c.assessable = false; c.terrain = 'given'; c.attribution = ['© OpenStreetMap contributors, ODbL 1.0']; }));
  await until(coarse, () => /damage as things stand/.test(document.querySelector('.inspector')?.textContent ?? ''));
  assert.match(await coarse.textContent('.head'), /illustrative/);
  for (const part of ['.inspector', '.bar', '.page']) assert.doesNotMatch((await coarse.textContent(part)) ?? '', /¥|street gauges at most|deepest/, part);
  await coarse.keyboard.press('3');
  await until(coarse, () => /This evening/.test(document.querySelector('.page').textContent));
  assert.doesNotMatch(await coarse.textContent('.page .tiles'), /¥/);
  assert.equal(await coarse.evaluate(() => window.citybrain.map.districts.length), 0, 'damage by district is drawn on a coarse terrain');
  assert.equal(await coarse.locator('.choice:visible').count(), 0);
  assert.match(await coarse.textContent('.maplibregl-ctrl-attrib'), /© OpenStreetMap contributors/);
  await coarse.close();
});

test('yuan are shown of a calibrated city alone, and of another it says why not, in both languages', async () => {
  const { page: calibrated } = await open('en');
  await until(calibrated, () => /damage as things stand[^¥]*¥/.test(document.querySelector('.inspector')?.textContent ?? ''));
  assert.equal(await calibrated.locator('.uncalibrated').count(), 0, 'the demo city is calibrated in its pack');
  assert.ok((await calibrated.evaluate(() => window.citybrain.map.districts.length)) > 0);
  await calibrated.close();
  for (const [lang, label, reason] of [['en', 'uncalibrated', 'was never calibrated'], ['zh', '未校准', '从未校准']]) {
    const page = await changed(lang, async (p) => { await change(p, '**/api/city', (c) => { c.calibrated = false; c.lacks = { en: "the city's traffic was never calibrated", zh: '该城市交通模型从未校准' }; }); });
    await until(page, () => document.querySelector('.head .uncalibrated') && document.querySelector('.inspector .uncalibrated'));
    assert.equal(await page.textContent('.head .uncalibrated'), label);
    assert.match(await page.getAttribute('.head .uncalibrated', 'title'), new RegExp(reason));
    await page.keyboard.press('3');
    await until(page, () => document.querySelector('.page .tiles .uncalibrated'));
    for (const part of ['.head', '.inspector', '.bar', '.page']) assert.doesNotMatch((await page.textContent(part)) ?? '', /¥|\d 元|万元|亿元/, part);
    assert.equal(await page.evaluate(() => window.citybrain.map.districts.length), 0, 'damage by district is drawn of an uncalibrated city');
    await page.close();
  }
});

test('a late feed is marked wherever it is used', async () => {
  const page = await changed('en', (p) => change(p, '**/api/feeds', (list) => { for (const f of list) if (f.id === 'water/sl651' || f.id === 'ambulance_120/http') { f.state = 'stale'; f.rejected = 3; } }));
  await until(page, () => document.querySelector('.totals .stale') && document.querySelector('.bar .stale') && document.querySelector('.inspector .fact .stale'));
  await page.keyboard.press('4');
  await until(page, () => document.querySelectorAll('.page tr.late').length === 2);
  assert.match(await page.textContent('.page'), /overdue/);
  await page.close();
});

test('Chinese is complete on the screen, in light and at the width of a wall', async () => {
  const { page, errors } = await open('zh', { size: { width: 2560, height: 1440 } });
  await page.keyboard.press('t');
  await until(page, () => document.querySelectorAll('.inspector .fact').length > 2);
  assert.match(await page.textContent('.head'), /城市大脑/);
  assert.match(await page.textContent('.totals'), /平均车速/);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  for (const key of ['1', '2', '3', '4']) {
    await page.keyboard.press(key);
    await page.waitForTimeout(1500);
    // Words of Latin letters that are not units, names of feeds, protocols, branches, keys or the exercise mark.
    const left = await page.evaluate(() => {
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
      for (let n = walk.nextNode(); n; n = walk.nextNode()) {
        const p = n.parentElement;
        if (p.closest('code, kbd, .maplibregl-map, script, style, select, .exercise, small.quiet') || !p.offsetParent && !p.closest('.head')) continue;
        const words = n.data.replace(/km\/h|mm\/h|English|accounts\/|EXERCISE|Ctrl|brain|officer/g, '').match(/[A-Za-z]{3,}/g);
        if (words) found.push(n.data.trim());
      }
      return found;
    });
    assert.deepEqual(left, [], `view ${key}`);
  }
  const wide = await page.evaluate(() => [...document.querySelectorAll('.head, .controls, .totals')].filter((x) => x.scrollWidth > x.clientWidth + 1).map((x) => x.className));
  assert.deepEqual(wide, [], 'something does not fit');
  assert.deepEqual(errors, []);
  await page.close();
});

test('the first run shows three steps, and an address brings a view back', async () => {
  const { page } = await open('en', { toured: false });
  await page.waitForSelector('.tour');
  for (const step of ['1 of 3', '2 of 3', '3 of 3']) {
    assert.match(await page.textContent('.tour'), new RegExp(step));
    await page.locator('.tour .primary').click();
  }
  assert.equal(await page.locator('.tour').count(), 0);
  const small = await page.evaluate(() => [...document.querySelectorAll('.head, .controls, .totals')].filter((x) => x.scrollWidth > x.clientWidth + 1).map((x) => x.className));
  assert.deepEqual(small, [], 'something does not fit at 1280');
  await page.close();
  const again = await open('en', { hash: 'id=urn:ngsi-ld:PumpStation:p1&at=121.5,31.23,15.00,0,0' });
  await until(again.page, () => /Water Authority/.test(document.querySelector('.inspector').textContent));
  assert.ok(Math.abs((await again.page.evaluate(() => window.citybrain.map.map.getZoom())) - 15) < 0.01);
  await again.page.close();
});

test('bad requests are refused with a reason', async () => {
  for (const [p, status] of [['api/entity?id=nonsense', 400], ['api/entity?id=urn:ngsi-ld:Nothing:x', 404], ['api/history', 400], ['api/frame?t=x', 400], ['api/frame?t=0&branch=none', 404], ['api/street?id=urn:ngsi-ld:RoadSegment:none', 404], ['api/profile?line=1,2', 400], ['api/reach?lon=x&lat=1', 400], ['api/reach?lon=121.5&lat=31.23&kind=broom', 422], ['api/coverage?kind=car', 422], ['api/detail?id=none', 404], ['tiles/99/0/0', 404], ['tiles/a/0/0', 400]]) {
    const r = await answer(p);
    assert.equal(r.status, status, p);
    assert.ok((await r.text()).length > 5, p);
  }
  const r = await answer('api/decisions/approve', { method: 'POST', body: JSON.stringify({ id: 'no-such' }) });
  assert.equal(r.status, 409);
});
