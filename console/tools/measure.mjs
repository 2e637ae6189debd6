// The browser's side of `citybrain bench console`: node measure.mjs ADDRESS prints what a console at the peak costs and shows, as JSON.
import { browse } from './drive.mjs';

const url = process.argv[2];
const quantile = (list, q) => { const s = [...list].sort((a, b) => a - b); return s[Math.min(s.length - 1, Math.floor(q * s.length))] ?? 0; };
if (!url) throw new Error('measure: give the address of a running console');
const browser = await browse();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.addInitScript(() => {
    localStorage.setItem('toured', '1'); localStorage.setItem('lang', 'en');
    for (const call of ['drawArrays', 'drawElements']) {
      const whole = WebGL2RenderingContext.prototype[call];
      WebGL2RenderingContext.prototype[call] = function (...a) { window.firstDraw ??= performance.now(); return whole.apply(this, a); };
    }
  });
  // What the first load weighs on the wire.
  const cdp = await page.context().newCDPSession(page), urls = new Map();
  let load = 0, tiles = 0, counting = true;
  await cdp.send('Network.enable');
  cdp.on('Network.requestWillBeSent', (e) => urls.set(e.requestId, e.request.url));
  cdp.on('Network.loadingFinished', (e) => {
    if (!counting || urls.get(e.requestId)?.endsWith('/api/live')) return;
    load += e.encodedDataLength;
    if (urls.get(e.requestId)?.includes('/tiles/')) tiles += e.encodedDataLength;
  });
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector('.map')?.dataset.ready === 'yes' && window.citybrain?.vehicles() > 100, undefined, { timeout: 60_000, polling: 100 });
  await page.waitForFunction(() => window.citybrain.map.map.areTilesLoaded(), undefined, { timeout: 30_000, polling: 200 });
  counting = false;
  const firstDraw = await page.evaluate(() => window.firstDraw);
  await page.waitForTimeout(3000);

  // Frames of the screen and of the stream, as they come, in a small window: without a GPU the pixels would take the processor
  // from the script, which does not depend on them.
  await page.setViewportSize({ width: 560, height: 400 });
  await page.waitForTimeout(3000);
  const run = await page.evaluate(async () => {
    const { map: { vehicles: layer }, spent } = window.citybrain, batches = [], kinds = {}, draw = [], came = [], render = layer.render.bind(layer), update = layer.update.bind(layer);
    // A frame's script is its news and its drawing; only frames with news count.
    let news = 0;
    layer.render = (...a) => { render(...a); draw.push(layer.cost); if (news) batches.push(news + layer.cost); news = 0; };
    layer.update = (...a) => { came.push(performance.now()); update(...a); };
    spent.note = (kind, ms) => { (kinds[kind] ??= []).push(ms); news += ms; };
    const began = performance.now();
    await new Promise((f) => setTimeout(f, 20_000));
    layer.render = render; layer.update = update; spent.note = () => undefined;
    return { batches, kinds, draw, came, seconds: (performance.now() - began) / 1000, vehicles: layer.count };
  });
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.waitForTimeout(2000);
  const gaps = run.came.slice(1).map((t, i) => (t - run.came[i]) / 1000);

  // What is drawn against where the engine has it, at the times of five frames.
  let compared = 0, largest = 0, sum = 0;
  for (let i = 0; i < 5; i++) {
    const r = await page.evaluate(async () => {
      const drawn = window.citybrain.map.vehicles.places(), a = await fetch(`engine/places?t=${Math.round(drawn.time * 1000)}`);
      if (!a.ok) return null;
      const engine = new Map((await a.json()).map(([id, lon, lat]) => [id, [lon, lat]]));
      let n = 0, max = 0, total = 0;
      for (const [id, lon, lat] of drawn.list) {
        const at = engine.get(id);
        if (!at) { max = Infinity; continue; }
        const d = Math.hypot((lon - at[0]) * 111_320 * Math.cos((lat * Math.PI) / 180), (lat - at[1]) * 110_950);
        n++; total += d; max = Math.max(max, d);
      }
      return { n, max, total };
    });
    if (r) { compared += r.n; sum += r.total; largest = Math.max(largest, r.max); }
    await page.waitForTimeout(700);
  }
  if (!compared) throw new Error('no frame of the page is among the ticks kept');

  // Clicks on equipment: from the event to the first change of the inspector.
  await page.evaluate(() => {
    window.answers = []; window.own = [];
    let at = 0, began = 0;
    addEventListener('click', (e) => { at = e.timeStamp; began = performance.now(); }, true);
    new MutationObserver(() => { if (at) { window.answers.push(performance.now() - at); window.own.push(performance.now() - began); at = 0; } }).observe(document.querySelector('.inspector'), { childList: true, subtree: true });
  });
  const targets = await page.evaluate(async () => {
    const m = window.citybrain.map.map, list = (await (await fetch('api/equipment')).json()).features.map((f) => m.project(f.geometry.coordinates));
    return list.filter((p) => p.x > 60 && p.y > 120 && p.x < m.getContainer().clientWidth - 80 && p.y < m.getContainer().clientHeight - 60).slice(0, 12);
  });
  const box = await page.locator('.map').first().boundingBox();
  for (const p of targets) {
    await page.mouse.click(box.x + p.x, box.y + p.y);
    await page.waitForTimeout(500);
  }
  const answers = await page.evaluate(() => window.answers), own = await page.evaluate(() => window.own);
  if (answers.length < targets.length / 2 || !answers.length) throw new Error(`${answers.length} of ${targets.length} clicks were answered`);
  console.log(JSON.stringify({
    vehicles: run.vehicles, frames: run.draw.length, screen_fps: run.draw.length / run.seconds,
    script_p50_ms: quantile(run.batches, 0.5), script_p95_ms: quantile(run.batches, 0.95), script_max_ms: quantile(run.batches, 1), draw_p95_ms: quantile(run.draw, 0.95),
    kinds_p95_ms: Object.fromEntries(Object.entries(run.kinds).map(([k, list]) => [k, quantile(list, 0.95)])),
    age_max_s: quantile(gaps, 1), age_median_s: quantile(gaps, 0.5), error_max_m: largest, error_mean_m: sum / compared, compared,
    load_kb: load / 1000, tiles_kb: tiles / 1000, first_draw_s: firstDraw / 1000, click_max_ms: quantile(answers, 1), click_p50_ms: quantile(answers, 0.5), click_own_ms: quantile(own, 1), clicks: answers.length,
  }));
} finally {
  await browser.close();
}
