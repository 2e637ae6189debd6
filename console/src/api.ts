import type { Text } from './texts';

/** What the server says of the city; lengths in metres, corners as [lon, lat] from the south-west, counter-clockwise. */
export interface City {
  name: Text;
  corners: [number, number][];
  width: number;
  height: number;
  zone: string;
  attribution: string[];
  exercise: boolean;
  terrain: 'given' | 'generated' | 'invented' | 'none';
  assessable: boolean;
  /** Whether the traffic of its pack is calibrated; money is shown only then. lacks says what it lacks. */
  calibrated: boolean;
  lacks: Text;
  start: number;
  end: number;
  build: string;
  version: string;
}

export interface Effect { unit: 'fen' | 's' | 'min' | 'm' | 'people'; mean: number; p05: number; p95: number }
export interface Decision {
  id: string;
  kind: string;
  title: Text;
  why: Text;
  state: string;
  made: number;
  deadline: number;
  by: string;
  at?: [number, number];
  base: string;
  with: string;
  expected?: Effect;
  came?: Effect;
  ifnot: Text;
}
export interface Feed { id: string; name: Text; protocol: string; received: number; rejected: number; late: number; lost: number; last: number; state: 'ok' | 'stale' | 'silent' }
export interface Unit { id: string; name: Text; kind: string; at: [number, number]; status: string; call?: string; lost?: boolean }
export interface Call { id: string; at: [number, number]; kind?: string; priority: number; status: string; ring: number }
/** A signal before a unit: seconds until it is there, what it shows the unit, whether it is held for it. */
export interface LightAhead { id: string; name: Text; at: [number, number]; arrive: number; shows: 'red' | 'green' | 'change' | 'unknown'; held: boolean; queue: number }
/** A unit under way to a call: seconds to its arrival with 5 and 95 %, what is left of its way, the signals on it. */
export interface Way { unit: string; name: Text; kind: string; call: string; priority: number; eta: number; early: number; late: number; line: [number, number][]; lights: LightAhead[] }
/** A raster, row 0 in the north, metres from the city's south-west corner; values a byte a cell in base64. */
export interface Grid { cols: number; rows: number; west: number; north: number; cell: number; values: string }
/** Steps of so many seconds from a place to everywhere; 255: not reached. */
export interface Reach { kind: string; at: [number, number]; street: Text; roads: number; step: number; grid: Grid }
/** The chance in % that the next call is reached in time by who is free now; 255: no street. */
export interface Coverage { made: number; target: number; desk: number; free: number; units: number; mean: number; grid: Grid }
export interface Choice { unit: string; name: Text; kind: string; arrive_s: number; early_s: number; late_s: number; outcome: number; coverage: number; cost: number; line: [number, number][] }
export interface Leaving {
  blocks: { name: Text; outline: [number, number][][]; people: number; first: number; last: number; shelters: number[] }[];
  shelters: { name: Text; at: [number, number]; people: number; capacity: number; last: number }[];
  roads: { name: Text; line: [number, number][]; people: number }[];
}
export interface Detail { id: string; choices: Choice[]; leaving?: Leaving }
export interface ModeDelay { mode: 'car' | 'bus' | 'truck' | 'walk'; seconds: number; of: number }
export interface Trail { mode: string; along: [number, number][] }
export interface Play { led: boolean; greens: [number, number][][]; trails: Trail[]; delay: number; of: number; modes: ModeDelay[] }
/** A street's time–space diagram: metres along it, seconds from now. */
export interface Street {
  id: string;
  name: Text;
  other?: string;
  at: number;
  length: number;
  now: number;
  past: number;
  ahead: number;
  line: [number, number][];
  signals: { id: string; name: Text; along: number; led: boolean; known: number; greens: [number, number][] }[];
  trails: Trail[];
  plays: Play[];
  pace: { from: number; to: number; seconds: number }[];
}
export interface Levels { now: number | null; median: number | null; q05: number | null; q95: number | null }
/** A long profile: metres along it, levels above datum, depths. */
export interface Profile {
  name: Text;
  datum: string;
  time: number;
  issued: number;
  length: number;
  line: [number, number][];
  along: number[];
  ground: (number | null)[];
  over: boolean[];
  now: number[];
  median: number[];
  p90: number[];
  peak: number[];
  sewers: ({ name: Text; from: number; to: number; invert: number; top: number } & Levels)[];
  creek?: { bed: number; normal: number; low: number; bank: number } & Levels;
  marks: { id: string; name: Text; kind: 'signal' | 'pump' | 'gate'; along: number }[];
}
export interface Totals { vehicles: number; speed: number; rain: number; rainTotal: number; tide: number; calls: number; units: number }
export interface Status {
  clock: number;
  speed: number;
  slowed: boolean;
  halted: boolean;
  totals: Totals;
  units: Unit[];
  calls: Call[];
}
export interface Sample { t: number; vehicles: number; speed: number; rain: number; depth: number }
export interface Fan { issued: number; branch: string; step: number; median: number[]; q05: number[]; q25: number[]; q75: number[]; q95: number[]; rain: number[]; damage: Effect | null; districts: Effect[] | null }
export interface Branch { name: string; kind: string; from: number; made: number }
export interface Attribute { name: string; value: unknown; unit?: string; observed?: number; recorded?: number; said?: Text }
/** order: the stage that a junction was last asked for, none while it was asked for none. */
export interface Entity { id: string; type: string; name: Text; department: Text; feed: string; attributes: Attribute[]; order?: { state: string; principal: string; reason?: string; at: number } }
/** A junction opened: paths in metres east and north of its middle, greens in seconds from now. */
export interface Junction {
  id: string;
  stage: number;
  led: boolean;
  signed: boolean;
  countdown: boolean;
  flashing: boolean;
  /** Its green's end is announced: what comes next is decided. */
  fixed: boolean;
  fallen: boolean;
  detectors: { street: Text; lanes: Text; state: Text; since: number }[];
  movements: { walkers: boolean; cyclists: boolean; turn: 'straight' | 'left' | 'right' | 'uturn'; street: Text; permissive: boolean; queue: number; paths: [number, number][][]; delay: number; served: number }[];
  delay: ModeDelay[];
  /** Of a controller of rings a stage has a phase of each. */
  stages: { movements: number[]; phases?: number[]; onDemand?: boolean; more?: number }[];
  greens: { stage: number; from: number; to: number }[];
  /** The stage that the plan followed begins with. */
  begins?: number;
  runnerUp?: { stage: number; vehicleSeconds: number };
}
/** A station's forecast from issued on, and what was forecast of it at least half an hour before; m. */
export interface Hydrograph {
  id: string;
  kind: 'street' | 'sewer' | 'creek' | 'tide';
  attr: string;
  datum?: string;
  issued: number;
  step: number;
  median: number[];
  q05: number[];
  q95: number[];
  past: { t: number; median: number; q05: number; q95: number }[];
}
/** What a pumping station or a gate is ordered, and by what it works of itself; levels in m. */
export interface Workplan {
  id: string;
  order: number | null;
  until?: number;
  by?: string;
  decision?: string;
  state?: string;
  starts: number;
  mayStart: number;
  start?: number;
  stop?: number;
  minRun?: number;
  minRest?: number;
  sill?: number;
  from: Text;
  fromGauge?: string;
  to: Text;
}
export interface Point { observed: number; recorded: number; value: number }

export interface Paired { with: number; without: number; saved_p05: number | null; saved_p95: number | null; calls?: number; verdict?: string }
export interface Evening { state_hash: string; trips: { mean_s: number }; emergency: { mean_response_s: number | null }; flood: { damage_cny?: number | null } }
/** An account of paired evenings, as `citybrain season --json` prints it; damages in yuan, null where they are not put into money. */
export interface Season {
  pairs: number;
  /** Of the pack; absent: nobody had asked for it yet. */
  calibrated?: boolean;
  avoided_damage_cny: { mean: number; p05: number | null; p95: number | null } | null;
  mean_travel_s: Paired;
  mean_response_s: Paired | null;
  terrain?: string;
  build?: string;
  runs?: { seed: number; with: Evening; without: Evening }[];
}

/** A request that the server refused, with its status and its reason. */
export class Refused extends Error {
  constructor(readonly status: number, readonly reason: string) { super(reason || String(status)); }
}

/** Whether a request failed because the brain had no time for it just then. */
export const isBusy = (e: unknown): boolean => e instanceof Refused && (e.status === 503 || e.status === 504);

async function get<T>(path: string): Promise<T> {
  const r = await fetch(path);
  if (!r.ok) throw new Refused(r.status, (await r.text()).trim());
  return r.json() as Promise<T>;
}
async function post(path: string, body: unknown): Promise<void> {
  const r = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!r.ok) throw new Refused(r.status, (await r.text()).trim());
}

export const city = (): Promise<City> => get('api/city');
export const timeline = (): Promise<Sample[]> => get('api/timeline');
export const fan = (): Promise<Fan | null> => get('api/forecast');
export const feeds = (): Promise<Feed[]> => get('api/feeds');
export const branches = (): Promise<Branch[]> => get('api/branches');
export const entity = (id: string): Promise<Entity> => get('api/entity?id=' + encodeURIComponent(id));
export const junction = (id: string): Promise<Junction> => get('api/junction?id=' + encodeURIComponent(id));
export const hydrograph = (id: string): Promise<Hydrograph> => get('api/hydrograph?id=' + encodeURIComponent(id));
export const workplan = (id: string): Promise<Workplan> => get('api/workplan?id=' + encodeURIComponent(id));
export const street = (id: string): Promise<Street> => get('api/street?id=' + encodeURIComponent(id));
export const profile = (of: { id: string } | { line: string }, t: number): Promise<Profile> => get(`api/profile?${new URLSearchParams({ ...of, ...(t ? { t: String(Math.round(t)) } : {}) })}`);
export const reach = (at: [number, number], kind: string, t: number): Promise<Reach> => get(`api/reach?lon=${at[0]}&lat=${at[1]}&kind=${kind}${t ? `&t=${Math.round(t)}` : ''}`);
export const coverage = (kind: string): Promise<Coverage> => get('api/coverage?kind=' + kind);
export const detail = (id: string): Promise<Detail> => get('api/detail?id=' + encodeURIComponent(id));
export const districts = (): Promise<GeoJSON.FeatureCollection<GeoJSON.Polygon, { id: string; name: Text; people: number }>> => get('api/districts');
export const history = (id: string, attr: string): Promise<Point[]> => get(`api/history?id=${encodeURIComponent(id)}&attr=${encodeURIComponent(attr)}`);
export const account = (): Promise<{ file: string; season: Season }[] | null> => get('api/account');
export const search = (q: string): Promise<{ id: string; name: Text; type: string; at: [number, number] }[]> => get('api/search?q=' + encodeURIComponent(q));

export const decide = (id: string, verdict: 'approve' | 'refuse'): Promise<void> => post('api/decisions/' + verdict, { id });
export const halt = (on: boolean): Promise<void> => post('api/halt', { on });
