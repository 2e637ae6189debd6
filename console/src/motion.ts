/** Vehicles of one frame of the stream: their trips, kinds, and places in pairs as Ground puts them; when the frame came, in ms of the wall's clock. */
export interface Places { time: number; came: number; n: number; id: Uint32Array; at: Float32Array; kind: Uint8Array }

const first = 1000; // ms between frames, until two have come
const behind = 1.25; // frame intervals that a way takes: the next frame comes before its end, so that nothing rests
const least = 100, most = 5000; // ms that a way takes

/**
 * Where every vehicle is drawn between the frames of the stream. From where it is drawn when a frame comes it goes straight to its
 * place there, within a frame interval and a quarter: however early, late or in heaps frames come, nobody leaps, no frame waits,
 * and what is drawn follows the stream without its length ever adding up. It is a function of when frames came and of the pictures
 * that were made; it sets no clock and wants no picture to go on.
 */
export class Motion {
  n = 0;
  id: Uint32Array = new Uint32Array(0);
  /** The city's time of the newest frame. */
  time = 0;
  /** Five floats for each vehicle: where it began, where it goes, its kind. */
  data = new Float32Array(0);
  private began = 0; // ms; when the way began, and how long it takes
  private lasts = 0;
  private from = 0; // the city's time that was drawn then
  private pictured = 0; // ms; when the last picture was made
  private came: number[] = []; // ms; when the last frames came
  private slot: Int32Array = new Int32Array(0);

  /** Takes a frame that came at a time of the page, in ms; jump: everybody is there at once. */
  take(v: Places, came: number, jump = false): void {
    if (jump) this.came = [];
    else if (this.came.push(came) > 9) this.came.shift();
    // On a page that makes few pictures frames are a while on their way to it: the way begins when its frame came, unless a later picture shows the one before.
    const start = Math.max(came, this.pictured, this.began), share = this.share(start), { data: old, slot } = this, seen = this.index(v), data = new Float32Array(5 * v.n);
    for (let i = 0, o = 0; i < v.n; i++, o += 5) {
      const x = v.at[2 * i]!, y = v.at[2 * i + 1]!, id = v.id[i]!, was = jump || id >= slot.length ? -1 : slot[id]!;
      if (was < 0) { data[o] = x; data[o + 1] = y; } else {
        const p = 5 * was;
        data[o] = old[p]! + (old[p + 2]! - old[p]!) * share;
        data[o + 1] = old[p + 1]! + (old[p + 3]! - old[p + 1]!) * share;
      }
      data[o + 2] = x; data[o + 3] = y; data[o + 4] = v.kind[i]!;
    }
    this.from = jump || this.n === 0 ? v.time : this.clock(start);
    this.began = start;
    this.lasts = jump ? 0 : Math.min(most, Math.max(least, behind * this.interval()));
    this.slot = seen;
    this.data = data;
    this.n = v.n; this.id = v.id; this.time = v.time;
  }

  /** How much of its way everybody has gone. */
  share(now: number): number { return this.lasts > 0 ? Math.min(1, Math.max(0, (now - this.began) / this.lasts)) : 1; }
  /** The city's time drawn. */
  clock(now: number): number { return this.from + (this.time - this.from) * this.share(now); }
  /** Notes that a picture is made. */
  picture(now: number): void { this.pictured = now; }

  /** Takes all vehicles away. */
  clear(): void {
    this.n = this.lasts = 0;
    this.came = [];
    this.slot = new Int32Array(0);
  }

  /**
   * Milliseconds from frame to frame: the median of the last ones, taken two by two because an early frame makes the next one late;
   * and at most the mean of the last four, so that frames that come faster than they did are soon kept up with.
   */
  private interval(): number {
    const t = this.came, last = t.length - 1, two = t.slice(2).map((x, i) => (x - t[i]!) / 2).sort((a, b) => a - b);
    if (last < 2) return last < 1 ? first : t[1]! - t[0]!;
    return Math.min(two[two.length >> 1]!, last < 4 ? Infinity : (t[last]! - t[last - 4]!) / 4);
  }

  /** Where each trip lies in a frame: trips are small numbers, so an array does for a table. */
  private index(v: Places): Int32Array {
    let top = -1;
    for (let i = 0; i < v.n; i++) if (v.id[i]! > top) top = v.id[i]!;
    const slot = new Int32Array(top + 1).fill(-1);
    for (let i = 0; i < v.n; i++) slot[v.id[i]!] = i;
    return slot;
  }
}
