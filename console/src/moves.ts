import type { Ground } from './ground';

/** Vehicles of one frame of the stream: parallel arrays. Positions are metres east and north of the city's south-west corner. */
export interface Vehicles { time: number; n: number; id: Uint32Array; x: Uint16Array; y: Uint16Array; kind: Uint8Array }

/** Vehicles as the GPU takes them: five floats for each, where it was a frame before, where it is, and its kind; and its trip. */
export interface Drawn { time: number; n: number; data: Float32Array; id: Uint32Array }

/** Joins each frame of vehicles to the one before it. */
export class Moves {
  private slot = new Int32Array(0);
  private pos = new Float32Array(0);
  private spareSlot = new Int32Array(0);
  private sparePos = new Float32Array(0);
  constructor(private readonly ground: Ground) {}

  next(v: Vehicles): Drawn {
    const n = v.n, data = new Float32Array(n * 5);
    // Where each trip lies in the frame before: trips are small numbers, so an array does for a table.
    let most = 0;
    for (let i = 0; i < n; i++) if (v.id[i]! > most) most = v.id[i]!;
    const slot = this.spareSlot.length > most ? this.spareSlot : new Int32Array(Math.ceil((most + 1) * 1.2)), pos = this.sparePos.length >= 2 * n ? this.sparePos : new Float32Array(Math.ceil(n * 1.3) * 2);
    slot.fill(-1);
    this.ground.putAll(v.x, v.y, n, pos);
    for (let i = 0; i < n; i++) {
      const id = v.id[i]!, o = 5 * i, x = pos[2 * i]!, y = pos[2 * i + 1]!, was = id >= this.slot.length ? -1 : this.slot[id]!;
      slot[id] = i;
      data[o] = was < 0 ? x : this.pos[2 * was]!;
      data[o + 1] = was < 0 ? y : this.pos[2 * was + 1]!;
      data[o + 2] = x;
      data[o + 3] = y;
      data[o + 4] = v.kind[i]!;
    }
    this.spareSlot = this.slot;
    this.sparePos = this.pos;
    this.slot = slot;
    this.pos = pos;
    return { time: v.time, n, data, id: v.id };
  }
}
