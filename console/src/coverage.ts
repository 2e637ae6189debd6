import * as api from './api';
import type { CityMap } from './map';
import { coverClasses } from './reach';

/** The coverage drawn and its figures, asked for again while it is shown. */
export class Cover {
  last: api.Coverage | undefined;
  kind = 'ambulance';
  private asked = false;
  private at = 0;
  constructor(private readonly map: CityMap, private readonly told: () => void) {}

  /** Draws it by another kind of unit. */
  by(kind: string, now: number): void {
    this.kind = kind;
    void this.refresh(now, true);
  }

  /** Reads it if it is shown and older than so many seconds of the city. */
  async refresh(now: number, force = false): Promise<void> {
    if (!this.map.shown('coverage') || this.asked || !force && Math.abs(now - this.at) < 15) return;
    this.asked = true;
    const c = await api.coverage(this.kind).catch(() => undefined);
    this.asked = false;
    if (!c) return;
    this.last = c;
    this.at = now;
    this.map.setCoverage(c.grid, coverClasses);
    this.told();
  }
}
