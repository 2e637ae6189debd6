import { help, keyOf, type Action } from './actions';
import * as api from './api';
import { ask, say } from './ask';
import { Cover } from './coverage';
import { Compare, isLive, load, timeOf, type Pane, type Times } from './compare';
import { el, fill } from './dom';
import { Drawer, type Sheet } from './drawer';
import { film, save } from './film';
import { Inbox } from './inbox';
import { Inspector } from './inspector';
import { borne, layers, legend } from './legend';
import { inFrames, live, spent } from './live';
import { LinePick } from './linepick';
import { CityMap } from './map';
import { outlook } from './outlook';
import { palette } from './palette';
import { ReachBox } from './reach';
import * as session from './session';
import { choice, choices } from './spread';
import type { Handlers, Statistic, Water } from './stream';
import './style.css';
import { clock, language, name, number, setLanguage, setZone, t, type Key } from './texts';
import { TimeBar } from './timebar';
import { tour } from './tour';
import { assessable, caveat, setCity, setFeeds, staleMark, uncalibrated } from './trust';
import { accountView, decisionsView, feedsView } from './views';
import { dry, wetness } from './water';

type View = 'now' | 'decisions' | 'account' | 'exchange';
const views: View[] = ['now', 'decisions', 'account', 'exchange'];

/** The city, once who sits here may see it. */
async function readCity(): Promise<api.City> {
  for (;;) {
    try { return await api.city(); } catch (e) {
      if (!(e instanceof api.Refused) || (e.status !== 401 && e.status !== 403)) throw e;
      await session.refresh();
      await session.login();
    }
  }
}

async function start(): Promise<void> {
  let dark = (localStorage.getItem('theme') ?? 'dark') === 'dark';
  const theme = (): void => { document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'; };
  theme();
  setLanguage(language());
  const asked = session.refresh(), city = await readCity();
  setZone(city.zone);
  setCity(city);
  const address = new URLSearchParams(location.hash.slice(1));
  let view = (views.includes(address.get('view') as View) ? address.get('view') : 'now') as View;
  let status: api.Status | undefined, decisions: api.Decision[] = [], ways: readonly api.Way[] = [], fan: api.Fan | null = null, feeds: api.Feed[] = [], connected = true, compared: Compare | undefined, headShown = '';

  const head = el('header.head'), inboxEl = el('aside.inbox'), mapEl = el('div.map'), compareEl = el('div.map.compare', { hidden: true }), swipe = el('div.swipe', { hidden: true }), side = el('aside.inspector'), bar = el('footer.bar'), page = el('main.page', { hidden: true });
  const layerBox = el('div.layers'), tiles = el('div.totals'), badgeText = el('div'), spread = el('div.spread'), badge = el('div.badge', {}, badgeText, spread), mapButtons = el('div.mapbuttons'), reachEl = el('div.reach'), drawerEl = el('section.drawer');
  const stage = el('section.stage', {}, mapEl, compareEl, el('div.veil'), swipe, layerBox, tiles, badge, mapButtons, reachEl, drawerEl, page);
  fill(document.getElementById('app')!, head, el('div.body', {}, inboxEl, stage, side), bar);
  const mark = el('div.exercise', {}, el('span'));
  if (city.exercise) document.body.append(mark);

  const remember = (key?: string, value?: string): void => {
    if (key) { if (value) address.set(key, value); else address.delete(key); }
    history.replaceState(null, '', '#' + address.toString());
  };
  let shown: Statistic = choices.find((c) => c === address.get('show')) ?? 'median', lying: Water = dry;
  const times: Times = { now: () => status?.clock ?? city.start, bar: () => time.at, show: () => (assessable() ? shown : 'median'), lost: () => !connected };
  const compareBranches = (base: string, other: string, at: number): void => { go('now'); time.set(at); openCompare(base, other, 0); };
  const inspector = new Inspector(side, {
    clock: times.now, decisions: () => decisions, compare: compareBranches, feeds: () => go('exchange'), idle: (byPerson) => { if (byPerson) remember('id'); drawOutlook(); },
    water: (at) => panes().map((p) => ({ branch: p.branch, time: timeOf(p, times), shows: p.map.water.shows, cm: p.map.depthAt(at) })),
    people: () => ({ ways, units: status?.units ?? [], calls: status?.calls ?? [] }), draw: (d) => main.setDetail(d), street: (id, sheet) => void drawer.show({ id }, sheet), reach: (at, kind) => void reach.from(at, kind), covered: (at) => main.coveredAt(at),
    placeOf: (id) => [...(status?.units ?? []), ...(status?.calls ?? [])].find((x) => x.id === id)?.at,
    damage: (id) => { const k = main.districts.indexOf(id); return k < 0 ? undefined : fan?.districts?.[k]; },
  });
  const pick = (id: string | undefined, at?: [number, number]): void => {
    if (!id) { if (at) { remember('id'); inspector.place(at); } return; }
    remember('id', id);
    void inspector.show(id, at);
  };
  const left: Pane = { map: new CityMap(mapEl, city, dark, pick), branch: '', ahead: 0 };
  const main = left.map;
  const panes = (): Pane[] => (compared ? [left, compared.right] : [left]);
  const drawer = new Drawer(drawerEl, {
    now: times.now, time: () => time.at, trace: (line) => main.overlay.line(main.map, line), spot: (at) => main.overlay.at(main.map, at),
    changed: (of, sheet) => { stage.dataset['drawer'] = of ? 'yes' : 'no'; remember('drawer', of ? [sheet, 'id' in of ? of.id : of.line.map((p) => p.map((v) => v.toFixed(5)).join(',')).join('~')].join('~') : ''); },
  });
  const reach = new ReachBox(reachEl, main, () => (time.state === 'future' ? time.at : 0), (at, kind) => { remember('reach', at ? [at[0].toFixed(5), at[1].toFixed(5), kind].join(',') : ''); });
  const cover = new Cover(main, () => drawLayers());
  const lines = new LinePick(main, (l) => main.overlay.line(main.map, l), (l) => { if (l) void drawer.show({ line: l }, 'profile'); });
  const pickDecision = (d: api.Decision): void => { inspector.decision(d); if (d.at) main.flyTo(d.at); };
  const inbox = new Inbox(inboxEl, pickDecision);
  const time = new TimeBar(bar, city, () => { remember('t', time.at ? String(Math.round(time.at)) : ''); sought(); });

  function drawHead(): void {
    const s = time.state, at = clock(time.at || times.now(), true), key = JSON.stringify([s, connected, status?.speed.toFixed(0), status?.slowed, status?.halted, view, dark, language(), session.mayNotDecide(), left.branch]);
    if (key === headShown) { // the clock alone, which is so at nearly every tick
      const shown = head.querySelector('time.clock');
      if (shown && shown.textContent !== at) shown.textContent = at;
      return;
    }
    if (head.contains(document.activeElement) && head.querySelector(':active')) return;
    headShown = key;
    fill(head,
      el('b', {}, t('app')), el('span.city', {}, name(city.name)), left.branch && el('code.branch', { title: t('branch') }, left.branch),
      el('span', { className: 'live ' + (!connected ? 'lost' : s === 'past' ? 'past' : s === 'future' ? 'future' : '') }, !connected ? t('lost') : s === 'past' ? t('past') : s === 'future' ? t('forecast') : t('live')),
      el('time.clock', {}, at), el('span.quiet', {}, status ? `×${number(status.speed, status.speed < 10 ? 1 : 0)}` : ''),
      status?.slowed && el('span.warn', { title: t('slowed.why') }, '◷ ', el('span.wide', {}, t('slowed'))), status?.halted && el('strong.warn', {}, t('halted')), caveat(), uncalibrated(),
      el('nav', {}, ...views.map((v, i) => el('button', { className: v === view ? 'current' : '', title: `${t(('view.' + v) as Key)} (${i + 1})`, onclick: () => go(v) }, t(('view.' + v) as Key)))),
      el('span.spacer'),
      el('button', { onclick: () => openPalette(), title: t('palette') }, t('palette.short'), ' ', el('kbd', {}, 'Ctrl K')), session.badge(),
      el('button', { onclick: toggleLanguage }, t('language')), el('button', { onclick: toggleTheme, title: t('theme'), ariaLabel: t('theme') }, dark ? '☀' : '☾'), el('button', { onclick: () => help(actions), title: t('help'), ariaLabel: t('help') }, '?'));
  }
  function drawLayers(): void { legend(layerBox, (l) => main.shown(l), showLayer, main.water.shows, cover.last, new Set(['ambulance', ...(status?.units ?? []).map((u) => u.kind)]), cover.kind, (k) => cover.by(k, times.now()), [...new Set((status?.calls ?? []).map((c) => c.kind ?? '').filter(Boolean))].sort()); }
  function showLayer(l: (typeof layers)[number]['name'], on: boolean): void { for (const p of panes()) p.map.show(l, on); drawLayers(); if (l === 'coverage' && on) void cover.refresh(times.now(), true); }
  function drawTotals(s: api.Status): void {
    const x = s.totals, one = (k: Key, v: string): HTMLElement => el('div', {}, el('small', {}, t(k), staleMark(k)), el('strong', {}, v));
    fill(tiles, time.state === 'future' ? el('div', {}, el('small', {}, t('now')), el('strong', {}, clock(times.now()))) : null, one('vehicles', number(x.vehicles)), one('speed', number(x.speed, 1) + ' km/h'), one('rain', `${number(x.rain, 1)} mm/h`), el('div', {}, el('small', {}, 'Σ ', t('rain')), el('strong', {}, number(x.rainTotal, 0) + ' mm')), one('tide', number(x.tide, 2) + ' m'), one('calls', number(x.calls)), one('units', number(x.units)));
  }
  function drawOutlook(): void {
    if (inspector.current === '') outlook(side, status, fan, feeds, wetness(lying), city.terrain !== 'none', () => go('exchange'));
  }
  async function drawPage(): Promise<void> {
    page.hidden = view === 'now';
    if (view === 'now' || page.contains(document.activeElement) && page.querySelector('details[open], :focus')) return;
    const box = el('div'), shown = view, list = decisions;
    if (!inbox.heard && (view === 'decisions' || view === 'account')) { page.dataset['view'] = view; fill(page, el('p.quiet', {}, t('loading'))); return; }
    if (view === 'exchange') feedsView(box, feeds, times.now());
    if (view === 'decisions') decisionsView(box, list, (d) => inspector.decision(d));
    if (view === 'account') await accountView(box, list, (d) => inspector.decision(d), (d) => compareBranches(d.base, d.with, d.made + 3600));
    if (shown !== view || page.querySelector('details[open]') && page.dataset['view'] === view) return;
    const scroll = page.dataset['view'] === view ? page.scrollTop : 0;
    page.dataset['view'] = view;
    fill(page, el('h1', {}, t(('view.' + view) as Key)), box);
    page.scrollTop = scroll;
  }
  function drawBadge(): void {
    const s = time.state;
    stage.dataset['time'] = compared ? 'now' : s;
    stage.dataset['compare'] = compared ? 'yes' : 'no';
    if (status && s !== 'past') drawTotals(status);
    badge.hidden = compared !== undefined || s === 'now';
    spread.hidden = s !== 'future' || !assessable();
    badgeText.textContent = s === 'now' ? '' : `${t(s === 'past' ? 'past.badge' : foretold ? 'forecast.streets' : 'forecast.badge')} · ${clock(time.at)}`;
  }
  /** Draws the forecast's water by another statistic of its members. */
  function showSpread(s: Statistic): void {
    shown = s;
    remember('show', s === 'median' ? '' : s);
    choice(spread, shown, showSpread);
    sought();
  }
  function drawMapButtons(): void {
    const b = (label: string, glyph: string, run: () => void): HTMLElement => el('button', { title: label, ariaLabel: label, onclick: run }, glyph);
    fill(mapButtons, b(t('zoom.in'), '+', () => main.map.zoomIn()), b(t('zoom.out'), '−', () => main.map.zoomOut()), b(t('city.whole'), '⤢', () => main.whole()), b(t('north'), '↑', () => main.whole(true)), b(t('compare.now'), '⇔', compareNow));
  }
  function go(v: View): void { view = v; remember('view', v === 'now' ? '' : v); (document.activeElement as HTMLElement | null)?.blur(); drawHead(); void drawPage(); }
  function toggleLanguage(): void { setLanguage(language() === 'zh' ? 'en' : 'zh'); redraw(); for (const p of panes()) p.map.restyle(dark); }
  function toggleTheme(): void { dark = !dark; localStorage.setItem('theme', dark ? 'dark' : 'light'); theme(); redraw(); for (const p of panes()) p.map.restyle(dark); }
  function redraw(): void {
    document.title = `${t('app')} · ${name(city.name)}`;
    fill(mark.firstElementChild!, t('exercise'));
    headShown = '';
    choice(spread, shown, showSpread); drawHead(); drawLayers(); drawBadge(); drawMapButtons(); time.draw(); compared?.draw(); reach.redraw(); drawer.redraw(); void drawPage();
    inbox.update(decisions, true);
    if (status) drawTotals(status);
    if (inspector.current.startsWith('urn:')) void inspector.refresh();
    else if (inspector.current.includes(',')) inspector.again();
    else { const d = decisions.find((x) => x.id === inspector.current); if (d) inspector.decision(d); else if (inspector.current === '') inspector.clear(false); }
  }

  /** Loads what each map shows for the time sought; while one load runs, only the last wish is kept. */
  let foretold = false; // the speeds that streets are expected to have then are drawn
  let loading = false, again = false, last = '', legendShows: Statistic = 'mean';
  function sought(force = false): void {
    drawHead(); drawBadge();
    const key = panes().map((p) => (isLive(p, times) ? 'live' : `${p.branch || forecastOf(p)}@${Math.floor(timeOf(p, times) / 60)}`)).join() + shown;
    if (key === last && !force) return;
    last = key;
    if (loading) { again = true; return; }
    loading = true;
    void (async () => {
      do {
        again = false;
        for (const p of panes()) {
          const ahead = timeOf(p, times) > times.now() + 30;
          if (isLive(p, times)) { if (lastFrame) lastFrame(p); compared?.tell(p, ''); continue; }
          const shown: Pane = { ...p, branch: p.branch || (ahead ? forecastOf(p) : '') };
          let streets = false;
          const h = handlers(p, true, shown.branch !== '');
          const said = await load(shown, times, { ...h, speeds: (r) => { streets = true; h.speeds(r); } }).catch(() => t('lost'));
          if (p === left && foretold !== (streets && ahead)) { foretold = streets && ahead; drawBadge(); }
          compared?.tell(p, said);
        }
        if (inspector.current === '') drawOutlook(); else inspector.again();
        drawer.again(); if (reach.open) void reach.again();
        if (legendShows !== main.water.shows && !layerBox.contains(document.activeElement)) { legendShows = main.water.shows; drawLayers(); }
      } while (again);
      loading = false;
    })();
  }
  /** The forecast that main continues in: the newest one with what the brain would do. */
  const forecastOf = (p: Pane): string => (p.branch === '' && timeOf(p, times) > times.now() + 30 ? fan?.branch ?? '' : p.branch);

  function openCompare(a: string, b: string, ahead: number): void {
    stopCompare(false);
    left.branch = a;
    compared = new Compare(stage, compareEl, swipe, left, new CityMap(compareEl, city, dark, pick, false), b, ahead, times, () => { rememberCompare(); sought(true); }, () => stopCompare());
    for (const l of layers) compared.right.map.show(l.name, main.shown(l.name));
    compared.right.map.setDamage(fan?.districts ?? []);
    compared.right.map.map.once('load', () => sought(true));
    rememberCompare();
    sought(true);
  }
  function rememberCompare(): void { remember('cmp', compared ? [left.branch, compared.right.branch, compared.right.ahead].join('~') : ''); }
  function compareNow(): void {
    if (compared) { stopCompare(); return; }
    if (!fan) { say(t('outlook.none')); return; }
    time.set(0);
    openCompare('', fan.branch, 3600);
  }
  function stopCompare(back = true): void {
    if (!compared) return;
    compared.close();
    compared = undefined;
    left.branch = '';
    rememberCompare();
    if (back) time.set(0);
    sought(true);
  }

  let totalled = 0;
  let lastFrame: ((p: Pane) => void) | undefined;
  function handlers(p: Pane, jump: boolean, expected = false): Handlers {
    return {
      vehicles: (v) => p.map.setVehicles(v, jump), signals: (s) => p.map.setSignals(s), water: (w) => p.map.setWater(w, expected), speeds: (r) => p.map.setSpeeds(r),
      ways: (w) => p.map.setWays(w),
      status: (s) => { p.map.setPeople(s.units, s.calls, s.clock); if (p === left) drawTotals(s); }, decisions: () => undefined, lost: () => undefined,
    };
  }
  /** The live stream feeds every map that shows main now, and the last of each kind is kept for one that comes back. */
  function liveHandlers(): Handlers {
    const kept = new Map<keyof Handlers, unknown>();
    const to = <K extends 'vehicles' | 'signals' | 'water' | 'speeds' | 'ways'>(k: K) => (x: Parameters<Handlers[K]>[0]): void => {
      kept.set(k, x);
      if (k === 'water') lying = x as Water;
      for (const p of panes()) if (isLive(p, times)) (handlers(p, false)[k] as (y: typeof x) => void)(x);
    };
    lastFrame = (p) => {
      p.map.vehicles.clear();
      for (const k of ['vehicles', 'signals', 'water', 'speeds', 'ways'] as const) { const x = kept.get(k); if (x) (handlers(p, true)[k] as (y: unknown) => void)(x); }
      if (status) handlers(p, true).status(status);
    };
    return {
      vehicles: to('vehicles'), signals: to('signals'), water: to('water'), speeds: to('speeds'), ways: (w) => { ways = w; to('ways')(w); inFrames('under way', () => inspector.underWay()); },
      status: (s) => {
        const first = !status, back = !connected;
        status = s; connected = true; time.lost = false;
        if (back) compared?.draw();
        inFrames('people', () => { for (const p of panes()) if (isLive(p, times)) p.map.setPeople(s.units, s.calls, s.clock); });
        if (first && time.state !== 'past') drawTotals(s); // at once: a slow machine draws the map for seconds before it comes to what waits
        else if (time.state !== 'past' && performance.now() - totalled > 900) { totalled = performance.now(); inFrames('totals', () => { if (status && time.state !== 'past') drawTotals(status); }); }
        inFrames('bar', () => time.update(s.clock, null, undefined, decisions));
        if (compared?.right.ahead) sought();
        drawHead();
        if (first) void refresh().then(restore);
      },
      decisions: (d) => {
        const first = !inbox.heard;
        decisions = d; inbox.hear(d);
        if (first) void drawPage();
        main.setDecisions(d); inFrames('bar', () => time.update(times.now(), null, undefined, d));
      },
      lost: () => { connected = false; time.lost = true; time.draw(); drawHead(); compared?.draw(); },
    };
  }

  async function setHalt(on: boolean): Promise<void> {
    const no = session.mayNotDecide();
    if (no) { say(no); return; }
    if (await ask(t(on ? 'ask.halt' : 'ask.resume'))) await api.halt(on).catch((e: unknown) => say(`${t('failed')}: ${e instanceof Error ? e.message : String(e)}`));
  }
  const inboxKey = (k: string) => (): void => { inbox.key(k); };
  const actions: Action[] = [
    ...views.map((v, i): Action => ({ group: 'group.views', label: () => t(('view.' + v) as Key), keys: [String(i + 1)], run: () => go(v) })),
    { group: 'group.inbox', label: () => t('help.select'), keys: ['j', 'k'], run: (e) => { inbox.key(e?.key.toLowerCase() ?? 'j'); } },
    { group: 'group.inbox', label: () => t('help.approve'), keys: ['a'], run: inboxKey('a') },
    { group: 'group.inbox', label: () => t('help.refuse'), keys: ['r'], run: inboxKey('r') },
    { group: 'group.inbox', label: () => t('halt'), keys: ['Ctrl+Shift+h'], run: () => void setHalt(true), when: () => !status?.halted },
    { group: 'group.inbox', label: () => t('resume'), keys: ['Ctrl+Shift+h'], run: () => void setHalt(false), when: () => status?.halted === true },
    { group: 'group.time', label: () => t(time.playing ? 'pause' : 'play'), keys: [' '], run: () => time.toggle() },
    { group: 'group.time', label: () => t('now'), keys: ['n'], run: () => { time.pause(); time.set(0); } },
    { group: 'group.time', label: () => t('first'), keys: ['Home'], run: () => { time.pause(); time.set(time.first); } },
    { group: 'group.time', label: () => t('earlier'), keys: ['ArrowLeft'], run: (e) => time.step(e?.shiftKey ? -600 : -60) },
    { group: 'group.time', label: () => t('later'), keys: ['ArrowRight'], run: (e) => time.step(e?.shiftKey ? 600 : 60) },
    { group: 'group.time', label: () => t('slower'), keys: ['['], run: () => time.speed(-1) },
    { group: 'group.time', label: () => t('faster'), keys: [']'], run: () => time.speed(1) },
    { group: 'group.map', label: () => t('compare.now'), keys: ['c'], run: compareNow },
    { group: 'group.map', label: () => t('compare.stop'), keys: ['x'], run: () => stopCompare(), when: () => compared !== undefined },
    { group: 'group.map', label: () => t('city.whole'), keys: ['0'], run: () => main.whole() },
    { group: 'group.map', label: () => t('north'), keys: ['u'], run: () => main.whole(true) },
    { group: 'group.map', label: () => t('zoom.in'), keys: ['+', '='], run: () => main.map.zoomIn() },
    { group: 'group.map', label: () => t('zoom.out'), keys: ['-'], run: () => main.map.zoomOut() },
    { group: 'group.map', label: () => t('focus.map'), keys: ['m'], run: () => main.map.getCanvas().focus() },
    { group: 'group.map', label: () => t('reach'), keys: ['q'], run: () => { const c = main.map.getCenter(); if (reach.open && !inspector.where) reach.close(); else void reach.from(inspector.where ?? [c.lng, c.lat], kindShown()); } },
    { group: 'group.map', label: () => t('street.diagram'), keys: ['z'], run: () => openStreet('waves') },
    { group: 'group.map', label: () => t('profile.open'), keys: ['h'], run: () => { if (!assessable()) say(t('illustrative.why')); else openStreet('profile'); } },
    { group: 'group.map', label: () => t('line.done'), keys: ['Enter'], run: () => lines.finish(true), when: () => lines.active, palette: false },
    { group: 'group.time', label: () => t('film'), keys: [], run: () => void shoot(), when: () => fan !== null && city.terrain !== 'none' },
    ...layers.map((l): Action => ({ group: 'legend', label: () => t(('layer.' + l.name) as Key), keys: [l.key], run: () => showLayer(l.name, !main.shown(l.name)), when: () => borne().includes(l) })),
    { group: 'legend', label: () => t('show'), keys: ['f'], run: () => showSpread(choices[(choices.indexOf(shown as (typeof choices)[number]) + 1) % choices.length]!), when: assessable },
    { group: 'group.app', label: () => t('palette'), keys: ['Ctrl+k'], run: () => openPalette(), palette: false },
    { group: 'group.app', label: () => t('language'), keys: ['l'], run: toggleLanguage },
    { group: 'group.app', label: () => t('theme'), keys: ['t'], run: toggleTheme },
    { group: 'group.app', label: () => t('help'), keys: ['?'], run: () => help(actions) },
    { group: 'group.app', label: () => t('tour.again'), keys: [], run: () => tour(time.peak ? clock(time.peak) : '') },
    { group: 'group.app', label: () => t('share'), keys: ['y'], run: () => void navigator.clipboard.writeText(location.href).then(() => say(t('shared')), () => say(location.href)) },
    { group: 'group.app', label: () => t('login'), keys: ['i'], run: () => void session.login(), when: session.hasAccounts },
    { group: 'group.app', label: () => t('logout'), keys: [], run: () => void session.logout(), when: session.hasAccounts },
    { group: 'group.app', label: () => t('help.close'), keys: ['Escape'], run: () => { if (inbox.key('Escape')) return; if (filming) filming = false; else if (lines.active) lines.finish(false); else if (drawer.open) drawer.close(); else if (reach.open) reach.close(); else if (inspector.current) inspector.clear(); else if (compared) stopCompare(); else if (view !== 'now') go('now'); }, palette: false },
  ];
  const kindShown = (): string | undefined => status?.units.find((u) => u.id === inspector.current)?.kind;
  /** Opens the diagram or the profile of what is selected; a profile of a line to be chosen where that is no street. */
  function openStreet(sheet: Sheet): void {
    go('now');
    const id = inspector.current, street = id.includes(':RoadSegment:');
    if (street || sheet === 'profile' && id.includes(':WaterObserved:')) void drawer.show({ id }, sheet);
    else if (sheet === 'waves') say(t('street.choose'));
    else { say(t('line.how')); lines.start(); }
  }
  /** Films the newest forecast's water on the map, from now to its end, as a GIF; at most so many frames of five minutes. */
  let filming = false;
  async function shoot(most = 60): Promise<void> {
    if (filming || !fan) return;
    const from = Math.ceil(times.now() / 300) * 300, end = fan.issued + fan.median.length * fan.step, list: number[] = [];
    for (let x = from; x <= end && list.length < most; x += 300) list.push(x);
    if (list.length < 2) { say(t('outlook.none')); return; }
    filming = true;
    go('now'); stopCompare();
    const issued = fan.issued;
    const b = await film(main, {
      times: list, title: name(city.name), chance: () => shown === 'chance', exercise: city.exercise, caption: () => `${t('film.of', { t: clock(issued) })} · ${t(`show.${shown}`)}`,
      seek: async (x) => { time.set(x); await new Promise((f) => setTimeout(f, 60)); while (loading) await new Promise((f) => setTimeout(f, 40)); },
    }, (share) => { if (filming) say(t('film.share', { n: number(share * 100) })); return filming; }).catch((e: unknown) => { say(`${t('failed')}: ${String(e)}`); return undefined; });
    filming = false;
    time.set(0);
    if (!b) return;
    save(b, `flood-${new Date(from * 1000).toISOString().slice(0, 16).replace(/[:T]/g, '-')}.gif`);
    say(t('film.done', { n: number(b.size / 1e6, 1) }));
  }
  function openPalette(): void {
    if (document.querySelector('dialog.palette')) return;
    const commands = actions.filter((a) => a.palette !== false && a.when?.() !== false).map((a) => ({ label: a.label(), detail: a.keys.join(' '), run: () => a.run() }));
    palette(commands, async (q) => (await api.search(q)).map((f) => ({ label: name(f.name) || f.id, kind: f.type, run: () => { go('now'); pick(f.id, f.at); main.flyTo(f.at); } })));
  }
  addEventListener('keydown', (e) => {
    const k = keyOf(e), typing = e.target instanceof HTMLInputElement && e.target.type !== 'checkbox' || e.target instanceof HTMLSelectElement;
    if (document.querySelector('dialog[open]') && k !== 'Ctrl+k' || typing && !k.startsWith('Ctrl+') || e.altKey) return;
    // Enter carries out what is armed; on a button it presses that, and the map keeps its arrows while it has the focus.
    const on = e.target as HTMLElement;
    if (k === 'Enter') { if (lines.active) lines.finish(true); else if (!on.closest('button, a, tr') && inbox.key('Enter')) e.preventDefault(); return; }
    if (k === ' ' && on.closest('button, input, summary') || k.startsWith('Arrow') && on.closest('.map')) return;
    const a = actions.find((x) => x.keys.includes(k) && x.when?.() !== false);
    if (a) { e.preventDefault(); a.run(e); }
  });

  /** Goes to the time, the place, the comparison and the selection of the address, once the city has said its time. */
  function restore(): void {
    const at = Number(address.get('t') ?? 0), cmp = address.get('cmp')?.split('~'), id = address.get('id'), place = address.get('at')?.split(',').map(Number);
    if (place?.length === 5 && place.every(Number.isFinite)) main.map.jumpTo({ center: [place[0]!, place[1]!], zoom: place[2]!, bearing: place[3]!, pitch: place[4]! });
    if (at) time.set(at);
    if (cmp?.length === 3) openCompare(cmp[0]!, cmp[1]!, Number(cmp[2]));
    if (id) pick(id);
    const sheet = address.get('drawer')?.split('~'), from = address.get('reach')?.split(',');
    if (sheet && sheet.length > 1) void drawer.show(sheet[1]!.startsWith('urn:') ? { id: sheet[1]! } : { line: sheet.slice(1).map((p) => p.split(',').map(Number) as [number, number]) }, sheet[0] === 'profile' ? 'profile' : 'waves');
    if (from?.length === 3) void reach.from([Number(from[0]), Number(from[1])], from[2]);
    if (!localStorage.getItem('toured') && city.exercise) tour(time.peak ? clock(time.peak) : '');
  }
  main.map.on('contextmenu', (e) => void reach.from([e.lngLat.lng, e.lngLat.lat], kindShown()));
  main.map.on('moveend', () => { if (!status) return; const c = main.map.getCenter(); remember('at', [c.lng.toFixed(5), c.lat.toFixed(5), main.map.getZoom().toFixed(2), main.map.getBearing().toFixed(0), main.map.getPitch().toFixed(0)].join(',')); });

  session.onChange(redraw);
  redraw();
  void asked;
  const refresh = async (): Promise<void> => {
    try {
      const [samples, f, list] = await Promise.all([api.timeline(), api.fan(), api.feeds()]);
      fan = f; feeds = list;
      setFeeds(list);
      for (const p of panes()) { p.map.markStale(); p.map.setDamage(fan?.districts ?? []); }
      if (status) time.update(status.clock, samples, f, decisions);
      sought(); // a newer forecast takes the place of the one drawn
      void cover.refresh(times.now());
      drawer.follow();
      drawOutlook(); compared?.draw();
      if (!layerBox.contains(document.activeElement)) drawLayers();
      if (view !== 'now') await drawPage();
      if (inspector.current.startsWith('urn:') && !side.contains(document.activeElement)) await inspector.refresh();
    } catch (e) {
      if (e instanceof api.Refused && e.status === 401) await session.refresh();
    }
  };
  setInterval(() => void refresh(), 5000);
  // For tests and benches: what the page shows and what it costs.
  Object.assign(window, { citybrain: { map: main, time, spent, status: () => status, decisions: () => decisions, feeds: () => feeds, vehicles: () => main.vehicles.count, compared: () => compared, ways: () => ways, drawer, reach, shoot, pick, pickDecision, setWays: (w: readonly api.Way[]) => { ways = w; main.setWays(w); inspector.underWay(); } } });
  live(city, liveHandlers(), async () => { await session.refresh(); if (session.needsLogin()) await session.login(); });
}

start().catch((e: unknown) => fill(document.body, el('p', { style: { padding: '2em' } }, String(e))));
