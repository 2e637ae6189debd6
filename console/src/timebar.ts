import type { Decision, Fan, Sample } from './api';
import { el, fill } from './dom';
import { assessable, caveat, depthText, staleMark } from './trust';
import { age, clock, name, number, t } from './texts';

export const rates = [1, 10, 60, 300, 600] as const;

/** One control of time for the whole screen: what was, now, and the forecast with its spread; replay at ×1 to ×600. */
export class TimeBar {
  private readonly canvas = el('canvas', { tabIndex: 0, role: 'slider' });
  private readonly controls = el('div.controls');
  private readonly track = el('div.track', {}, this.canvas);
  private samples: Sample[] = [];
  private fan: Fan | null = null;
  private decisions: Decision[] = [];
  private now = 0;
  private rate = 60;
  private timer = 0;
  private drawn = '';
  private updated = 0;
  private size: [number, number] = [0, 0];
  private colours: { theme: string; font: string; of: Map<string, string> } = { theme: '', font: '', of: new Map() };
  /** The connection is lost: nothing is live. */
  lost = false;
  /** The time shown: 0 follows now. */
  at = 0;

  constructor(readonly holder: HTMLElement, private readonly span: { start: number; end: number }, private readonly seek: (t: number) => void) {
    holder.append(this.controls, this.track);
    const pick = (e: PointerEvent): void => {
      const r = this.canvas.getBoundingClientRect();
      const time = this.from + ((e.clientX - r.left) / r.width) * (this.to - this.from);
      this.set(Math.abs(time - this.now) < (this.to - this.from) / 200 ? 0 : time);
    };
    this.canvas.addEventListener('pointerdown', (e) => { this.pause(); this.canvas.setPointerCapture(e.pointerId); pick(e); });
    this.canvas.addEventListener('pointermove', (e) => { if (e.buttons) pick(e); });
    new ResizeObserver(() => { this.size = [this.track.clientWidth, this.track.clientHeight]; this.draw(); }).observe(this.track);
  }

  private get from(): number { return this.samples[0]?.t ?? this.span.start; }
  private get to(): number { return Math.max(this.span.end, this.now + 7200); }
  get first(): number { return this.from; }
  get playing(): boolean { return this.timer !== 0; }
  get state(): 'past' | 'now' | 'future' { return this.at === 0 ? 'now' : this.at < this.now ? 'past' : 'future'; }
  /** When the forecast's last frame is. */
  get ends(): number { return this.fan ? this.fan.issued + this.fan.median.length * this.fan.step : this.now; }
  /** When the storm is at its height, by the forecast or by what was recorded; 0 if there is none. */
  get peak(): number {
    let best = 2, at = 0;
    for (const s of this.samples) if (s.rain > best) { best = s.rain; at = s.t; }
    this.fan?.rain.forEach((r, i) => { if (r > best) { best = r; at = this.fan!.issued + i * this.fan!.step; } });
    return at;
  }

  set(time: number): void {
    this.at = time === 0 ? 0 : Math.max(this.from, Math.min(this.to, time));
    this.seek(this.at);
    this.draw();
  }
  /** Moves by seconds; crossing now from either side stops at now. */
  step(seconds: number): void {
    const was = this.at || this.now, next = was + seconds;
    this.pause();
    this.set(this.at !== 0 && (was - this.now) * (next - this.now) <= 0 ? 0 : next);
  }
  play(): void {
    if (this.playing) return;
    if (this.at === 0) this.set(this.from);
    let last = performance.now();
    this.timer = window.setInterval(() => {
      const now = performance.now(), next = this.at + ((now - last) / 1000) * this.rate;
      last = now;
      if (this.at === 0 || (this.at < this.now && next >= this.now)) { this.pause(); this.set(0); return; }
      if (this.at > this.now && next >= this.ends) { this.pause(); return; }
      this.set(next);
    }, 100);
    this.draw();
  }
  pause(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.draw();
  }
  toggle(): void { if (this.playing) this.pause(); else this.play(); }
  speed(up: number): void { this.setRate(rates[Math.max(0, Math.min(rates.length - 1, rates.indexOf(this.rate as 1) + up))]!); }
  private setRate(r: number): void { this.rate = r; this.draw(); }

  update(now: number, samples: Sample[] | null, fan: Fan | null | undefined, decisions: Decision[]): void {
    this.now = now;
    if (samples) this.samples = samples;
    if (fan !== undefined) this.fan = fan;
    this.decisions = decisions;
    // The stream says the time several times a second; the bar moves a pixel in many.
    const wall = performance.now();
    if (!samples && fan === undefined && wall - this.updated < 1000) return;
    this.updated = wall;
    this.draw();
  }

  private drawControls(): void {
    const next = this.decisions.filter((d) => d.state === 'proposed').sort((a, b) => a.deadline - b.deadline)[0];
    const state = this.state, late = staleMark('water');
    const key = JSON.stringify([state, this.lost, this.playing, this.rate, t('play'), next?.id, this.fan?.issued, state === 'now' ? 0 : clock(this.at, true), late?.title, Math.round((this.now - (this.fan?.issued ?? this.now)) / 60)]);
    if (key === this.drawn) return;
    this.drawn = key;
    const button = (label: string, glyph: string, run: () => void, pressed = false): HTMLElement => el('button', { onclick: run, title: label, ariaLabel: label, className: pressed ? 'current' : '' }, glyph);
    const select = el('select', { title: t('rate'), ariaLabel: t('rate'), onchange: () => this.setRate(Number(select.value)) }, ...rates.map((r) => el('option', { value: String(r), selected: r === this.rate }, '×' + r)));
    fill(this.controls,
      button(t('first'), '|◀', () => { this.pause(); this.set(this.from); }), button(t(this.playing ? 'pause' : 'play'), this.playing ? '❚❚' : '▶', () => this.toggle(), this.playing), select,
      button(t('now'), t('now'), () => { this.pause(); this.set(0); }, state === 'now'),
      el('strong', { className: 'when ' + (this.lost && state === 'now' ? 'lost' : state) }, state === 'now' ? t(this.lost ? 'lost' : 'live') : `${t(state === 'past' ? 'past' : 'forecast')} ${clock(this.at, true)}`),
      el('span.spacer'),
      next ? el('span.due', {}, `${t('until')} ${clock(next.deadline)}: ${name(next.title)}`) : null,
      this.fan && el('span.key', {}, el('i.rain'), t('axis.rain'), ' ', el('i.speed'), t('speed'), ...(assessable() ? [' ', el('i.depth'), t('axis.depth'), ' ', el('i.fan'), t('axis.spread')] : [])),
      this.fan && el('span.quiet', {}, t('outlook.issued', { t: clock(this.fan.issued) }), late ? ' ' : '', late), caveat());
  }

  /** The theme's colours and font, read once a theme: reading them has the browser lay the page out. */
  private look(): { font: string; of: Map<string, string> } {
    const theme = document.documentElement.dataset['theme'] ?? '';
    if (this.colours.theme !== theme) {
      const css = getComputedStyle(this.holder);
      this.colours = { theme, font: css.fontFamily, of: new Map(['--past', '--hatch', '--rain', '--quiet', '--water', '--panel', '--mark', '--line', '--now', '--cursor'].map((v) => [v, css.getPropertyValue(v).trim()])) };
    }
    return this.colours;
  }

  draw(): void {
    this.drawControls();
    const c = this.canvas, [w, h] = this.size, dpr = devicePixelRatio;
    if (!w || !this.now) return;
    const wide = Math.round(w * dpr), high = Math.round(h * dpr);
    if (c.width !== wide || c.height !== high) { c.width = wide; c.height = high; }
    c.setAttribute('aria-label', t('timebar'));
    c.setAttribute('aria-valuemin', String(Math.round(this.from))); c.setAttribute('aria-valuemax', String(Math.round(this.to)));
    c.setAttribute('aria-valuenow', String(Math.round(this.at || this.now))); c.setAttribute('aria-valuetext', clock(this.at || this.now));
    const g = c.getContext('2d')!, css = this.look(), colour = (v: string): string => css.of.get(v) ?? '';
    g.setTransform(dpr, 0, 0, dpr, 0, 0);
    g.clearRect(0, 0, w, h);
    const size = w > 1900 ? 15 : 11, x = (time: number): number => ((time - this.from) / (this.to - this.from)) * w;
    const top = 4, base = h - size - 8;
    // The past is a plain field; the future is hatched: never as solid as fact.
    g.fillStyle = colour('--past'); g.fillRect(0, top, x(this.now), base - top);
    g.strokeStyle = colour('--hatch'); g.lineWidth = 1;
    g.save(); g.beginPath(); g.rect(x(this.now), top, w, base - top); g.clip();
    for (let i = x(this.now) - h; i < w + h; i += 7) { g.beginPath(); g.moveTo(i, base); g.lineTo(i + h, base - h); g.stroke(); }
    g.restore();
    // Rain as bars from the top, speed and depth as lines.
    g.fillStyle = colour('--rain');
    const bar = (time: number, step: number, mmh: number): void => g.fillRect(x(time), top, Math.max(1, x(time + step) - x(time) - 0.5), Math.min(1, mmh / 90) * (base - top));
    for (const s of this.samples) bar(s.t, 60, s.rain);
    const f = this.fan;
    if (f) {
      g.globalAlpha = 0.4;
      f.rain.forEach((r, i) => { const from = f.issued + i * f.step; if (from + f.step > this.now) bar(Math.max(from, this.now), from + f.step - Math.max(from, this.now), r); });
      g.globalAlpha = 1;
    }
    const line = (points: [number, number][], style: string, width: number): void => {
      g.strokeStyle = style; g.lineWidth = width; g.beginPath();
      points.forEach(([px, py], i) => (i ? g.lineTo(px, py) : g.moveTo(px, py)));
      g.stroke();
    };
    line(this.samples.map((s) => [x(s.t), base - Math.min(1, s.speed / 50) * (base - top)]), colour('--quiet'), 1.2);
    if (f && this.ends < this.to) { g.fillStyle = colour('--panel'); g.globalAlpha = 0.7; g.fillRect(x(this.ends), top, w, base - top); g.globalAlpha = 1; }
    if (assessable()) {
      const deep = Math.max(0.5, ...this.samples.map((s) => s.depth), ...(f ? f.q95 : []));
      const y = (v: number): number => base - (v / deep) * (base - top - size);
      line(this.samples.map((s) => [x(s.t), y(s.depth)]), colour('--water'), 2);
      if (f) {
        const from = Math.max(f.issued, this.now);
        g.save(); g.beginPath(); g.rect(x(from), 0, w, h); g.clip();
        const band = (lo: number[], hi: number[], alpha: number): void => {
          g.globalAlpha = alpha; g.fillStyle = colour('--water'); g.beginPath();
          hi.forEach((v, i) => g.lineTo(x(f.issued + (i + 1) * f.step), y(v)));
          for (let i = lo.length - 1; i >= 0; i--) g.lineTo(x(f.issued + (i + 1) * f.step), y(lo[i]!));
          g.fill(); g.globalAlpha = 1;
        };
        band(f.q05, f.q95, 0.24);
        band(f.q25, f.q75, 0.36);
        g.setLineDash([5, 3]);
        line(f.median.map((v, i) => [x(f.issued + (i + 1) * f.step), y(v)]), colour('--water'), 1.8);
        g.setLineDash([]);
        g.restore();
      }
      g.fillStyle = colour('--water'); g.font = `${size}px ${css.font}`;
      g.fillText(`${number(deep, 1)} m`, x(Math.max(this.ends, this.now)) + 6, top + size);
    }
    g.fillStyle = colour('--mark');
    for (const d of this.decisions) if (d.kind !== 'detector') { g.beginPath(); g.moveTo(x(d.made), base - 6); g.lineTo(x(d.made) - 4, base + 1); g.lineTo(x(d.made) + 4, base + 1); g.fill(); }
    g.fillStyle = colour('--line'); g.fillRect(0, base + 1, w, 1);
    g.fillStyle = colour('--quiet'); g.font = `${size}px ${css.font}`;
    const step = w > 900 ? 1800 : 3600, label = t('now') + ' ' + clock(this.now), space = g.measureText(label).width + 10;
    for (let time = Math.ceil(this.from / step) * step; time < this.to; time += step) {
      const px = x(time);
      g.fillRect(px, base + 1, 1, 4);
      if (Math.abs(px + 16 - x(this.now)) > space * 0.75 && px < w - 40) g.fillText(clock(time), px + 3, h - 4);
    }
    const nowX = Math.min(x(this.now), w - space);
    g.fillStyle = colour('--now'); g.fillRect(x(this.now) - 1, 0, 2, base + 6);
    g.font = `600 ${size}px ${css.font}`; g.fillText(label, Math.max(4, nowX - space / 2 + 5), h - 4);
    if (this.at) {
      const cx = x(this.at), text = clock(this.at), room = g.measureText(text).width + 8;
      g.fillStyle = colour('--cursor'); g.fillRect(cx - 1.5, 0, 3, h);
      const left = Math.max(0, Math.min(w - room, cx - room / 2));
      g.fillRect(left, 0, room, size + 6);
      g.fillStyle = colour('--panel'); g.fillText(text, left + 4, size + 1);
    }
    c.title = f && assessable() ? `${t('axis.depth')}: ${depthText(Math.max(...f.median))} · ${t('outlook.issued', { t: clock(f.issued) })} (${age(this.now - f.issued)})` : '';
  }
}
