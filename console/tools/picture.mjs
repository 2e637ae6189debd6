// Takes the pictures of the documentation: the storm evening at a time of the city, dark in English and light in Chinese.
// npm run picture [-- HH:MM]; CITYBRAIN names another binary.
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
  for (const [file, lang, theme] of [['console.png', 'en', 'dark'], ['console-zh-light.png', 'zh', 'light']]) {
    const { page, errors } = await open(browser, city.url, { lang, theme, size: { width: 1600, height: 1000 } });
    await page.waitForFunction(() => window.citybrain.map.water.index.length > 50 && document.querySelectorAll('.fact').length > 3 && document.querySelectorAll('.inbox .line').length > 3, undefined, { timeout: 120_000, polling: 500 });
    await page.waitForTimeout(4000);
    const png = shrink(await page.screenshot());
    if (errors.length || png.length > 700_000) throw new Error(`${file}: ${png.length} bytes, errors: ${errors}`);
    await writeFile(path.join(root, 'docs', file), png);
    console.log(`docs/${file}: ${(png.length / 1000).toFixed(0)} kB at ${new Date((await clockOf(page)) * 1000).toISOString()}`);
    await page.close();
  }
} finally {
  await browser.close();
  city.stop();
}
