import type { Decision, Fan, Sample } from './api';
import { el } from './dom';
import { clock, name, number, t } from './texts';

/** One control of time for the whole screen: what was, now, and the forecast with its spread. */
export class TimeBar {
  private readonly canvas = el('canvas');
  private readonly hint = el('span.hint');
  private samples: Sample[] = [];
  private fan: Fan | null = null;
  private decisions: Decision[] = [];
  private now = 0;
  /** The time shown: 0 follows now. */
  at = 0;

  constructor(readonly holder: HTMLElement, private readonly span: { start: number; end: number }, private readonly seek: (t: number) => void) {
    holder.append(this.canvas, this.hint);
    const pick = (e: PointerEvent): void => {
      const r = this.canvas.getBoundingClientRect();
      const time = this.from + ((e.clientX - r.left) / r.width) * (this.to - this.from);
      this.set(Math.abs(time - this.now) < (this.to - this.from) / 200 ? 0 : time);
    };
    this.canvas.addEventListener('pointerdown', (e) => { this.canvas.setPointerCapture(e.pointerId); pick(e); });
    this.canvas.addEventListener('pointermove', (e) => { if (e.buttons) pick(e); });
    new ResizeObserver(() => this.draw()).observe(holder);
  }

  private get from(): number { return this.span.start; }
  private get to(): number { return Math.max(this.span.end, this.now + 7200); }

  set(time: number): void {
    this.at = time === 0 ? 0 : Math.max(this.from, Math.min(this.to, time));
    this.seek(this.at);
    this.draw();
  }

  update(now: number, samples: Sample[] | null, fan: Fan | null | undefined, decisions: Decision[]): void {
    this.now = now;
    if (samples) this.samples = samples;
    if (fan !== undefined) this.fan = fan;
    this.decisions = decisions;
    this.draw();
  }

  draw(): void {
    const c = this.canvas, w = this.holder.clientWidth, h = this.holder.clientHeight, dpr = devicePixelRatio;
    if (!w || !this.now) return;
    c.width = w * dpr; c.height = h * dpr;
    const g = c.getContext('2d')!, css = getComputedStyle(this.holder), colour = (v: string): string => css.getPropertyValue(v).trim();
    g.scale(dpr, dpr);
    const x = (time: number): number => ((time - this.from) / (this.to - this.from)) * w;
    const top = 16, base = h - 16;
    // The future is hatched: never as solid as fact.
    g.strokeStyle = colour('--hatch'); g.lineWidth = 1;
    g.save(); g.beginPath(); g.rect(x(this.now), top, w, base - top); g.clip();
    for (let i = x(this.now) - h; i < w + h; i += 7) { g.beginPath(); g.moveTo(i, base); g.lineTo(i + h, top); g.stroke(); }
    g.restore();
    // Rain as bars from the top, speed as a line.
    g.fillStyle = colour('--rain');
    const bar = (time: number, step: number, mmh: number): void => g.fillRect(x(time), top, Math.max(1, x(time + step) - x(time) - 0.5), Math.min(1, mmh / 80) * (base - top));
    for (const s of this.samples) bar(s.t, 60, s.rain);
    const f = this.fan;
    if (f) { g.globalAlpha = 0.45; f.rain.forEach((r, i) => bar(f.issued + i * f.step, f.step, r)); g.globalAlpha = 1; }
    const line = (points: [number, number][], style: string, width: number): void => {
      g.strokeStyle = style; g.lineWidth = width; g.beginPath();
      points.forEach(([px, py], i) => (i ? g.lineTo(px, py) : g.moveTo(px, py)));
      g.stroke();
    };
    const deep = Math.max(0.5, ...this.samples.map((s) => s.depth), ...(f ? f.q95 : []));
    const y = (v: number): number => base - (v / deep) * (base - top);
    line(this.samples.map((s) => [x(s.t), base - Math.min(1, s.speed / 50) * (base - top)]), colour('--quiet'), 1);
    line(this.samples.map((s) => [x(s.t), y(s.depth)]), colour('--water'), 1.6);
    if (f) {
      const band = (lo: number[], hi: number[], alpha: number): void => {
        g.globalAlpha = alpha; g.fillStyle = colour('--water'); g.beginPath();
        hi.forEach((v, i) => g.lineTo(x(f.issued + (i + 1) * f.step), y(v)));
        for (let i = lo.length - 1; i >= 0; i--) g.lineTo(x(f.issued + (i + 1) * f.step), y(lo[i]!));
        g.fill(); g.globalAlpha = 1;
      };
      band(f.q05, f.q95, 0.22);
      band(f.q25, f.q75, 0.34);
      line(f.median.map((v, i) => [x(f.issued + (i + 1) * f.step), y(v)]), colour('--water'), 1.4);
    }
    g.fillStyle = colour('--mark');
    for (const d of this.decisions) { g.beginPath(); g.moveTo(x(d.made), base + 1); g.lineTo(x(d.made) - 3, base + 7); g.lineTo(x(d.made) + 3, base + 7); g.fill(); }
    g.fillStyle = colour('--text'); g.font = '11px ' + css.fontFamily;
    const hour = 1800;
    for (let time = Math.ceil(this.from / hour) * hour; time < this.to; time += hour) g.fillText(clock(time), x(time) + 2, h - 3);
    g.fillStyle = colour('--now'); g.fillRect(x(this.now) - 1, 0, 2, base);
    if (this.at) { g.fillStyle = colour('--cursor'); g.fillRect(x(this.at) - 1, 0, 2, h); }
    g.fillStyle = colour('--text'); g.fillText(t('now') + ' ' + clock(this.now), Math.min(x(this.now) + 5, w - 70), 11);
    const next = this.decisions.filter((d) => d.state === 'proposed').sort((a, b) => a.deadline - b.deadline)[0];
    this.hint.textContent = next ? `${clock(next.deadline)} ${name(next.title)}` : f ? `${t('fan.label')} · ≤ ${number(deep, 1)} m` : '';
  }
}
