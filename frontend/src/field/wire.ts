/** What goes over the line: POST /field/sync, GET /field/pack. Times are ISO 8601, ids UUID, places WGS-84 degrees. */

export type Kind =
  | "hazards.report"
  | "hazards.rectify"
  | "hazards.accept"
  | "hazards.refuse"
  | "hazards.note"
  | "hazards.visit"
  | "incidents.report"
  | "incidents.note"
  | "callout.answer"
  | "sensing.verify"
  | "fieldwork.form";

export type Body = Record<string, unknown>;

/** One thing done, as it is sent. `base` is the revision of the thing that the phone showed. */
export interface Sent {
  id: string;
  seq: number;
  kind: Kind;
  body: Body;
  at: string;
  offline: boolean;
  base: number | null;
  uploads: string[];
  made_by: string;
}

export interface Result {
  id: string;
  state: "done" | "refused" | "conflict" | "waiting" | "settled";
  message?: string;
  subject?: string | null;
  href?: string;
  now?: Record<string, string> | null;
  mine?: Record<string, string> | null;
}

export interface Answered {
  server_at: string;
  results: Result[];
  upto?: number;
}

export interface Post {
  id: string;
  title: string;
  place: string;
  place_name: string;
}

/** Who is signed in, as the pack tells it. */
export interface Me {
  id: string;
  name: string;
  posts?: Post[];
  places?: Spot[];
  can?: string[];
}

export interface Duty {
  id: string;
  title: string;
  note?: string;
  why?: string;
  what?: string;
  due_at?: string | null;
  began_at?: string | null;
  answers?: boolean;
  level?: string;
  drill?: boolean;
  href?: string;
}

/** `code` is of the library or of incidents' kinds, "" for none; so a tile is known by its name. */
export interface Tile {
  code: string;
  name: string;
  icon: string;
  door: "hazards.report" | "incidents.report";
}

export interface Item {
  id: string;
  question: string;
  section?: string;
  how?: string;
  advice?: string;
  basis?: string;
  kind?: string;
  professional?: boolean;
}

export interface Checklist {
  id: string;
  name: string;
  object_kinds?: string[];
  items: Item[];
}

export interface Thing {
  id: string;
  name: string;
  kind?: string;
  where?: string;
  place?: string;
  lon?: number | null;
  lat?: number | null;
  /** The checklists to use there. */
  lists?: string[];
}

export interface Task {
  id: string;
  title: string;
  object?: string | null;
  where?: string;
  due_at?: string | null;
  lists?: string[];
  note?: string;
}

export interface KindOf {
  code: string;
  name: string;
  words?: string;
  signs?: string;
  advice?: string;
  control?: string;
  aliases?: string[];
}

export interface HazardOf {
  id: string;
  number?: string;
  text: string;
  kind?: string;
  where?: string;
  state?: string;
  state_name?: string;
  grade_name?: string;
  due_at?: string | null;
  revision: number;
  acts: string[];
  lon?: number | null;
  lat?: number | null;
  photos?: { id: string; phase?: string; url: string }[];
  attempt?: string;
  attempt_by?: string;
  refused?: string;
}

export interface Spot {
  path: string;
  name: string;
}

/**
 * Where I work. `where` names it in full; `shape` is GeoJSON (Polygon or MultiPolygon); `lines` are roads and water to
 * draw; `phone` is the duty desk's, "" where none is known.
 */
export interface Ground {
  place?: string;
  where?: string;
  phone?: string;
  phone_name?: string;
  shape?: { type: "Polygon" | "MultiPolygon"; coordinates: unknown } | null;
  lines?: { kind: string; name?: string; at: [number, number][] }[];
}

/** An alarm of a device that waits for a verdict. `level` 1 … 4: blue … red. */
export interface AlarmOf {
  id: string;
  number: string;
  name: string;
  kind: string;
  words: string;
  level: number;
  where?: string;
  life: boolean;
  raised_at: string;
  revision: number;
}

export interface Packs {
  duties: Duty[];
  tiles: Tile[];
  tasks: Task[];
  objects: Thing[];
  checklists: Checklist[];
  kinds: KindOf[];
  hazards: HazardOf[];
  alarms: AlarmOf[];
  forms: import("./xform").Form[];
  ground: Ground;
}

/** Where each of our lists stands among the server's packs: its pack, and the key inside. */
export const FROM: Record<keyof Packs, [string, string]> = {
  duties: ["callout.duties", "duties"],
  tiles: ["hazards.library", "quick"],
  kinds: ["hazards.library", "kinds"],
  checklists: ["hazards.library", "checklists"],
  tasks: ["hazards.inspections", "tasks"],
  objects: ["hazards.inspections", "objects"],
  hazards: ["hazards.hazards", "hazards"],
  alarms: ["sensing.alarms", "alarms"],
  forms: ["fieldwork.forms", "forms"],
  ground: ["places.ground", "ground"],
};

export interface Packed {
  token?: string;
  as_of?: string;
  whole?: boolean;
  me: Me;
  packs: Record<string, Record<string, unknown>>;
}

/** Lay what came over what was kept. Every list is given whole or not at all (nothing changed): what is gone, goes. */
export function merged(before: Packs, pack: Packed): Packs {
  const next: Record<string, unknown> = { ...before };
  for (const [name, [from, key]] of Object.entries(FROM)) {
    const came = pack.packs[from]?.[key];
    if (came !== undefined && came !== null) next[name] = came;
  }
  return next as unknown as Packs;
}
