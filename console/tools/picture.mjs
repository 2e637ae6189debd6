// Takes the pictures of the documentation: the storm evening at a time of the city, dark in English and light in Chinese, and what the
// console opens: why a unit was sent, coverage, what is reached within minutes, a street's green waves, a junction, a street's long profile.
// npm run picture [-- HH:MM [street,reach]]: all, or those whose names have one of the words; CITYBRAIN names another binary.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { browse, clockOf, open, root, serve } from './drive.mjs';
import { shrink } from './png.mjs';

const [hour, minute] = (process.argv[2] ?? '19:05').split(':').map(Number);
const city = await serve(['--speed', '60', '--members', '8']);
const browser = await browse();
try {
  const { start } = await (await fetch(city.url + 'api/city')).json();
  // The evening starts at 17:00 of the city.
  const due = start + ((hour - 17) * 60 + minute) * 60;
  for (;;) {
    const h = await fetch(city.url + 'healthz').then((r) => r.json());
    if (Date.parse(h.clock) / 1000 >= due - 120) break;
    await new Promise((f) => setTimeout(f, 1000));
  }
  const street = 'urn:ngsi-ld:RoadSegment:l84', settled = (page) => page.waitForTimeout(4000);
  const look = (f) => (page) => page.evaluate(f);
  const pictures = [
    ['console.png', 'en', 'dark', '', (page) => page.waitForFunction(() => window.citybrain.map.water.index.length > 50 && document.querySelectorAll('.fact').length > 3 && document.querySelectorAll('.inbox .line').length > 3, undefined, { timeout: 120_000, polling: 500 })],
    ['console-zh-light.png', 'zh', 'light', '', (page) => page.waitForFunction(() => document.querySelectorAll('.fact').length > 3, undefined, { timeout: 120_000, polling: 500 })],
    ['console-dispatch.png', 'en', 'dark', '', async (page) => { await page.waitForFunction(() => window.citybrain.decisions().some((d) => d.kind === 'dispatch' && / to call /.test(d.title.en))); await look(() => window.citybrain.pickDecision(window.citybrain.decisions().filter((d) => d.kind === 'dispatch' && / to call /.test(d.title.en)).at(-1)))(page); await page.waitForSelector('.choices .best'); }],
    ['console-coverage.png', 'zh', 'dark', '', async (page) => { await page.keyboard.press('o'); await page.waitForFunction(() => window.citybrain.map.map.getLayoutProperty('coverage', 'visibility') === 'visible' && document.querySelectorAll('.layers .ramp').length > 0); }],
    ['console-reach.png', 'en', 'light', 'reach=121.500,31.226,ambulance', (page) => page.waitForSelector('.reach .bands')],
    ['console-street.png', 'en', 'dark', `drawer=waves~${street}`, (page) => page.waitForSelector('.timespace .green')],
    ['console-junction.png', 'zh', 'dark', 'id=urn:ngsi-ld:TrafficSignal:j27', async (page) => { await page.waitForSelector('.costs', { timeout: 120_000 }); await look(() => document.querySelector('.junction').scrollIntoView())(page); }],
    ['console-profile.png', 'zh', 'light', `drawer=profile~${street}`, async (page) => { await page.waitForSelector('.profile .ground'); await look(() => window.citybrain.time.set(window.citybrain.status().clock + 2400))(page); }],
  ];
  const only = (process.argv[3] ?? '').split(',');
  for (const [file, lang, theme, hash, ready] of pictures.filter(([f]) => only.some((w) => f.includes(w)))) {
    const { page, errors } = await open(browser, city.url, { lang, theme, hash, size: { width: 1600, height: 1000 } });
    await ready(page);
    await settled(page);
    const png = shrink(await page.screenshot({ timeout: 90_000 }));
    if (errors.length || png.length > 700_000) throw new Error(`${file}: ${png.length} bytes, errors: ${errors}`);
    await writeFile(path.join(root, 'docs', file), png);
    console.log(`docs/${file}: ${(png.length / 1000).toFixed(0)} kB at ${new Date((await clockOf(page)) * 1000).toISOString()}`);
    await page.close();
  }
} finally {
  await browser.close();
  city.stop();
}
