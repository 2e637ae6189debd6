// The console in a real browser, against the real binary: it draws the city, moves it, answers keys, speaks both languages.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let city, url, browser;

before(async () => {
  city = spawn(path.join(root, 'bin/citybrain'), ['run', '--speed', '20', '--members', '4', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  url = await new Promise((ok, no) => {
    let said = '';
    city.stdout.on('data', (b) => { said += b; const m = /http:\/\/\S+/.exec(said); if (m) ok(m[0] + '/'); });
    city.on('exit', (code) => no(new Error(`citybrain ended with ${code}`)));
  });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
});
after(async () => { await browser?.close(); city?.kill(); });

async function open(lang, size = { width: 1280, height: 720 }) {
  const page = await browser.newPage({ viewport: size });
  const outside = [], errors = [];
  page.on('request', (r) => { if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url())) outside.push(r.url()); });
  page.on('pageerror', (e) => errors.push(e.message));
  await page.addInitScript((l) => { localStorage.setItem('lang', l); localStorage.setItem('toured', '1'); }, lang);
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector('.map')?.dataset.ready === 'yes' && window.citybrain?.vehicles() > 100, undefined, { timeout: 120_000, polling: 500 });
  return { page, outside, errors };
}

test('every text is there in both languages', async () => {
  const table = JSON.parse(await readFile(path.join(root, 'console/src/texts.json'), 'utf8'));
  for (const [key, t] of Object.entries(table)) {
    assert.ok(t.en && t.zh, `${key} lacks a language`);
    assert.deepEqual(Object.keys(t).sort(), ['en', 'zh'], key);
  }
});

test('the city moves, the clock runs, nothing comes from outside', async () => {
  const { page, outside, errors } = await open('en');
  const clock = () => page.evaluate(() => window.citybrain.status()?.clock);
  const a = await clock();
  await page.waitForFunction((was) => window.citybrain.status()?.clock > was + 10, a, { timeout: 60_000, polling: 500 });
  assert.deepEqual(outside, [], 'requests left the machine');
  assert.deepEqual(errors, []);
  assert.ok((await page.evaluate(() => window.citybrain.cost())) < 4, 'our own script took over 4 ms of a frame');
  assert.match(await page.textContent('.exercise'), /EXERCISE 演练/);
  const streets = await page.evaluate(() => window.citybrain.map.map.queryRenderedFeatures({ layers: ['main'] }).length);
  assert.ok(streets > 50, `${streets} main streets drawn`);
  await page.close();
});

test('keys lead through the views, the palette finds, the inspector shows history', async () => {
  const { page } = await open('en');
  await page.keyboard.press('4');
  await page.waitForSelector('.page table');
  assert.match(await page.textContent('.page'), /SL 651-2014/);
  await page.keyboard.press('1');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('boundary station');
  await page.waitForFunction(() => [...document.querySelectorAll('.palette li')].some((x) => /boundary station/.test(x.textContent)), undefined, { timeout: 20_000 });
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /unitsRunning|capacity/.test(document.querySelector('.inspector').textContent), undefined, { timeout: 20_000 });
  assert.match(await page.textContent('.inspector'), /Water Authority/);
  await page.close();
});

test('Chinese is complete on the screen, in light and at the width of a wall', async () => {
  const { page, errors } = await open('zh', { width: 2560, height: 1440 });
  await page.keyboard.press('t');
  assert.match(await page.textContent('.head'), /城市大脑/);
  assert.match(await page.textContent('.totals'), /平均车速/);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  assert.deepEqual(errors, []);
  await page.close();
});

test('bad requests are refused with a reason', async () => {
  for (const [p, status] of [['api/entity?id=nonsense', 400], ['api/entity?id=urn:ngsi-ld:Nothing:x', 404], ['api/history', 400], ['api/frame?t=x', 400], ['api/frame?t=0&branch=none', 404], ['tiles/99/0/0', 404], ['tiles/a/0/0', 400]]) {
    const r = await fetch(url + p);
    assert.equal(r.status, status, p);
    assert.ok((await r.text()).length > 5, p);
  }
  const r = await fetch(url + 'api/decisions/approve', { method: 'POST', body: JSON.stringify({ id: 'no-such' }) });
  assert.equal(r.status, 409);
});
