// Drives the console: starts the binary, opens it in Chromium, waits for a time of the city.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Starts `citybrain run` with args on a free port; resolves with its address once it serves. */
export async function serve(args, binary = process.env.CITYBRAIN ?? path.join(root, 'bin/citybrain')) {
  const city = spawn(binary, ['run', '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((ok, no) => {
    let said = '';
    city.stdout.on('data', (b) => { said += b; const m = /http:\/\/\S+/.exec(said); if (m) ok(m[0] + '/'); });
    city.on('error', no);
    city.on('exit', (code) => no(new Error(`citybrain ended with ${code}`)));
  });
  return { url, stop: () => city.kill() };
}

/** Chromium without a window and without a GPU. */
export const browse = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});

/** Opens the console with lang and theme at an address after #, and waits until the map stands and vehicles are on it. */
export async function open(browser, url, { lang = 'en', theme = 'dark', hash = '', size = { width: 1280, height: 720 }, toured = true } = {}) {
  const page = await browser.newPage({ viewport: size });
  page.setDefaultTimeout(300_000);
  const outside = [], errors = [];
  page.on('request', (r) => { if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url())) outside.push(r.url()); });
  page.on('pageerror', (e) => errors.push(e.message));
  await page.addInitScript(([l, th, done]) => {
    if (sessionStorage.getItem('prepared')) return;
    sessionStorage.setItem('prepared', '1');
    localStorage.setItem('lang', l); localStorage.setItem('theme', th);
    if (done) localStorage.setItem('toured', '1');
  }, [lang, theme, toured]);
  await page.goto(url + (hash ? '#' + hash : ''));
  await page.waitForFunction(() => document.querySelector('.map')?.dataset.ready === 'yes' && window.citybrain?.vehicles() > 100, undefined, { timeout: 300_000, polling: 500 });
  return { page, outside, errors };
}

export const clockOf = (page) => page.evaluate(() => window.citybrain.status()?.clock);
