import * as api from './api';
import { el, fill } from './dom';
import { Inbox } from './inbox';
import { Inspector } from './inspector';
import { CityMap, type LayerName } from './map';
import { palette, type Command } from './palette';
import { follow, frameAt, type Handlers } from './stream';
import './style.css';
import { clock, language, name, number, setLanguage, setZone, t, type Key } from './texts';
import { TimeBar } from './timebar';
import { accountView, decisionsView, feedsView } from './views';

type View = 'now' | 'decisions' | 'account' | 'exchange';
const views: View[] = ['now', 'decisions', 'account', 'exchange'];
const layers: LayerName[] = ['vehicles', 'water', 'signals', 'buildings', 'speed'];

async function start(): Promise<void> {
  const city = await api.city();
  setZone(city.zone);
  setLanguage(language());
  let dark = (localStorage.getItem('theme') ?? 'dark') === 'dark';
  const address = new URLSearchParams(location.hash.slice(1));
  let view = (views.includes(address.get('view') as View) ? address.get('view') : 'now') as View;
  let status: api.Status | undefined;
  let connected = true;
  let other: { map: CityMap; branch: string } | undefined;
  let branch = '';
  let playing = false;

  const head = el('header.head'), inboxEl = el('aside.inbox'), mapEl = el('div.map'), compareEl = el('div.map.compare'), swipe = el('div.swipe'), side = el('aside.inspector'), bar = el('footer.bar'), page = el('main.page');
  const stage = el('section.stage', {}, mapEl, compareEl, swipe, page);
  const layerBox = el('div.layers'), tiles = el('div.totals');
  stage.append(layerBox, tiles);
  fill(document.getElementById('app')!, head, el('div.body', {}, inboxEl, stage, side), bar);
  if (city.exercise) document.body.append(el('div.exercise', {}, el('span', {}, t('exercise'))));

  const inspector = new Inspector(side);
  const pick = (id: string): void => { address.set('id', id); remember(); void inspector.show(id); };
  const main = new CityMap(mapEl, city, dark, pick);
  const inbox = new Inbox(inboxEl, (d) => { inspector.decision(d, compare); if (d.at) main.flyTo(d.at); });
  const time = new TimeBar(bar, city, (at) => void seek(at));

  function remember(): void { history.replaceState(null, '', '#' + address.toString()); }
  function theme(): void { document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'; }
  theme();

  function drawHead(): void {
    const at = time.at || status?.clock || city.start, past = time.at !== 0 && time.at < (status?.clock ?? 0), future = time.at > (status?.clock ?? 0);
    fill(head,
      el('b', {}, t('app')), el('span', {}, name(city.name)), el('span.branch', { title: t('branch') }, branch || 'main'),
      el('span', { className: 'live ' + (!connected ? 'lost' : past ? 'past' : future ? 'future' : '') }, !connected ? t('lost') : past ? t('past') : future ? t('forecast') : t('live')),
      el('time.clock', {}, clock(at, true)), el('span.quiet', {}, status ? `×${number(status.speed, status.speed < 10 ? 1 : 0)}` : ''),
      status?.slowed && el('span.warn', {}, t('slowed')), status?.halted && el('span.warn', {}, t('halted')),
      city.terrain === 'invented' && el('span.warn', {}, t('invented')), city.terrain !== 'none' && !city.assessable && el('span.warn', {}, t('illustrative')),
      el('nav', {}, ...views.map((v, i) => el('button', { className: v === view ? 'current' : '', title: String(i + 1), onclick: () => go(v) }, t(('view.' + v) as Key)))),
      el('span.spacer'),
      el('button', { onclick: () => openPalette() }, t('palette'), ' ', el('kbd', {}, '⌘K')),
      el('button', { onclick: toggleLanguage }, t('language')), el('button', { onclick: toggleTheme, title: t('theme'), ariaLabel: t('theme') }, dark ? '☀' : '☾'));
  }
  function drawLayers(): void {
    fill(layerBox, ...layers.map((l) => el('label', {}, el('input', { type: 'checkbox', checked: main.shown(l), onchange: (e: Event) => { const on = (e.target as HTMLInputElement).checked; main.show(l, on); other?.map.show(l, on); } }), t(('layer.' + l) as Key))));
  }
  function drawTotals(s: api.Status): void {
    const x = s.totals, one = (k: Key, v: string): HTMLElement => el('div', {}, el('small', {}, t(k)), el('strong', {}, v));
    fill(tiles, one('vehicles', number(x.vehicles)), one('speed', number(x.speed, 1) + ' km/h'), one('rain', `${number(x.rain, 1)} mm/h · ${number(x.rainTotal, 0)} mm`), one('tide', number(x.tide, 2) + ' m'), one('calls', number(x.calls)), one('units', number(x.units)));
  }
  async function drawPage(): Promise<void> {
    page.hidden = view === 'now';
    const box = el('div');
    if (view === 'exchange') await feedsView(box);
    if (view === 'decisions') decisionsView(box, status?.decisions ?? [], (d) => inspector.decision(d, compare));
    if (view === 'account') await accountView(box, status?.decisions ?? [], (d) => inspector.decision(d, compare));
    fill(page, el('h1', {}, t(('view.' + view) as Key)), box);
  }
  function go(v: View): void { view = v; address.set('view', v); remember(); drawHead(); void drawPage(); }
  function toggleLanguage(): void { setLanguage(language() === 'zh' ? 'en' : 'zh'); redraw(); main.restyle(dark); other?.map.restyle(dark); }
  function toggleTheme(): void { dark = !dark; localStorage.setItem('theme', dark ? 'dark' : 'light'); theme(); redraw(); main.restyle(dark); other?.map.restyle(dark); }
  function redraw(): void { drawHead(); drawLayers(); if (status) { inbox.update(status.decisions, true); drawTotals(status); } time.draw(); void drawPage(); if (!address.get('id')) inspector.clear(); }

  /** Shows the recorded or expected city at a time; 0 goes back to now. */
  async function seek(at: number): Promise<void> {
    drawHead();
    main.vehicles.faint = at > (status?.clock ?? 0);
    if (at === 0) { branch = ''; return; }
    const ahead = at > (status?.clock ?? 0);
    const named = ahead ? (branch || (lastFan?.branch ?? '')) : '';
    await frameAt(at, named, handlers(main, true));
    if (other) await frameAt(at, other.branch, handlers(other.map, true));
  }

  function compare(base: string, withBranch: string): void {
    stopCompare();
    branch = withBranch;
    compareEl.hidden = false; swipe.hidden = false;
    const map = new CityMap(compareEl, city, dark, pick, false);
    other = { map, branch: base };
    let busy = false;
    const follow = (a: CityMap, b: CityMap): void => { a.map.on('move', () => { if (busy) return; busy = true; b.map.jumpTo({ center: a.map.getCenter(), zoom: a.map.getZoom(), bearing: a.map.getBearing(), pitch: a.map.getPitch() }); busy = false; }); };
    map.map.jumpTo({ center: main.map.getCenter(), zoom: main.map.getZoom(), bearing: main.map.getBearing(), pitch: main.map.getPitch() });
    follow(main, map); follow(map, main);
    const cut = (x: number): void => { swipe.style.left = x + 'px'; compareEl.style.clipPath = `inset(0 0 0 ${x}px)`; };
    cut(stage.clientWidth / 2);
    swipe.onpointerdown = (e) => { swipe.setPointerCapture(e.pointerId); swipe.onpointermove = (m) => { if (m.buttons) cut(m.clientX - stage.getBoundingClientRect().left); }; };
    fill(swipe, el('span.left', {}, withBranch), el('span.right', {}, base), el('button', { onclick: stopCompare, ariaLabel: t('close') }, '×'));
    map.map.on('idle', () => void 0);
    time.set((lastFan?.issued ?? status?.clock ?? city.start) + 3600);
  }
  function stopCompare(): void {
    if (!other) return;
    other.map.map.remove();
    other = undefined;
    compareEl.hidden = true; swipe.hidden = true;
    fill(compareEl); branch = '';
    time.set(0);
  }
  compareEl.hidden = true; swipe.hidden = true;

  let lastFan: api.Fan | null = null;
  function handlers(m: CityMap, jump: boolean): Handlers {
    const live = (): boolean => jump || time.at === 0;
    return {
      vehicles: (v) => { if (live()) m.setVehicles(v, jump); },
      signals: (s) => { if (live()) m.setSignals(s); },
      water: (w) => { if (live()) m.setWater(w); },
      speeds: (r) => { if (live()) m.setSpeeds(r); },
      status: (s) => {
        if (jump) { m.setPeople(s.units, s.calls); drawTotals(s); return; }
        status = s; connected = true;
        inbox.update(s.decisions);
        m.setDecisions(s.decisions);
        if (time.at === 0) { m.setPeople(s.units, s.calls); drawTotals(s); }
        time.update(s.clock, null, undefined, s.decisions);
        drawHead();
      },
      lost: () => { connected = false; drawHead(); },
    };
  }

  function openPalette(): void {
    const commands: Command[] = [
      ...views.map((v, i) => ({ label: t(('view.' + v) as Key), detail: String(i + 1), run: () => go(v) })),
      { label: t('language'), detail: 'l', run: toggleLanguage }, { label: t('theme'), detail: 't', run: toggleTheme }, { label: t('now'), detail: 'n', run: () => time.set(0) },
      { label: t('compare.none'), run: stopCompare }, { label: t('help'), detail: '?', run: help },
      status?.halted ? { label: t('resume'), run: () => void api.halt(false) } : { label: t('halt'), detail: 'Ctrl+Shift+H', run: () => void api.halt(true) },
    ];
    palette(commands, async (q) => (await api.search(q)).map((f) => ({ label: name(f.name) || f.id, detail: f.type, run: () => { pick(f.id); main.flyTo(f.at); } })));
  }
  function help(): void {
    const box = el('dialog.palette', { onclick: () => box.remove() }, el('h2', {}, t('help')), el('p', {}, t('help.text')));
    document.body.append(box); box.showModal();
  }
  addEventListener('keydown', (e) => {
    if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); openPalette(); return; }
    if (e.ctrlKey && e.shiftKey && e.key.toLowerCase() === 'h') { e.preventDefault(); void api.halt(!(status?.halted ?? false)); return; }
    if (e.target instanceof HTMLInputElement && e.target.type !== 'checkbox' || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    if (inbox.key(e.key)) { e.preventDefault(); return; }
    const i = Number(e.key) - 1;
    if (views[i]) go(views[i]!);
    else if (e.key === 't') toggleTheme();
    else if (e.key === 'l') toggleLanguage();
    else if (e.key === 'n') time.set(0);
    else if (e.key === ' ') { playing = !playing; e.preventDefault(); }
    else if (e.key === '?') help();
    else if (e.key === 'Escape') stopCompare();
  });
  setInterval(() => { if (playing && time.at && status) time.set(time.at + 30); }, 500);

  function tour(): void {
    if (localStorage.getItem('toured') || !city.exercise) return;
    let step = 1;
    const text = el('p'), box = el('div.tour', {}, text, el('button', { onclick: () => { if (++step > 3) { box.remove(); localStorage.setItem('toured', '1'); } else fill(text, t(('tour.' + step) as Key)); } }, t('next')));
    fill(text, t('tour.1'));
    document.body.append(box);
  }

  drawHead(); drawLayers(); tour();
  if (address.get('id')) void inspector.show(address.get('id')!);
  if (view !== 'now') void drawPage(); else page.hidden = true;
  const refresh = async (): Promise<void> => {
    try {
      const [samples, f] = await Promise.all([api.timeline(), api.fan()]);
      lastFan = f;
      time.update(status?.clock ?? city.start, samples, f, status?.decisions ?? []);
      if (view !== 'now') await drawPage();
    } catch { /* the stream's state says that the server is away */ }
  };
  void refresh();
  setInterval(() => void refresh(), 5000);
  // For the tests: what the page costs and shows.
  Object.assign(window, { citybrain: { map: main, status: () => status, cost: () => main.vehicles.cost, vehicles: () => main.vehicles.count } });
  await follow(handlers(main, false));
}

start().catch((e: unknown) => fill(document.body, el('p', { style: { padding: '2em' } }, String(e))));
