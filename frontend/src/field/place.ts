/** Where the phone is, and the small map drawn from what it keeps: no tiles, no requests. */
import { html, type Safe } from "./html";
import { field } from "./state";
import { say } from "./words";
import type { Ground, HazardOf, Thing } from "./wire";

export interface Spot {
  lon: number;
  lat: number;
  accuracy: number;
}

type Point = [number, number];
export const METRES = 111_320;

let watching: number | undefined;
export let spot: Spot | undefined;
export let spotState: "asking" | "found" | "none" = "none";

/** Look for the position as soon as a report begins: it is there when it is asked for. */
export function locate(): void {
  if (!("geolocation" in navigator) || watching !== undefined) return;
  spotState = spot ? "found" : "asking";
  watching = navigator.geolocation.watchPosition(
    (at) => {
      spot = { lon: at.coords.longitude, lat: at.coords.latitude, accuracy: Math.round(at.coords.accuracy) };
      spotState = "found";
      field.redraw();
    },
    () => {
      if (!spot) spotState = "none";
      field.redraw();
    },
    { enableHighAccuracy: true, maximumAge: 30_000, timeout: 20_000 },
  );
}

export function rest(): void {
  if (watching !== undefined) navigator.geolocation.clearWatch(watching);
  watching = undefined;
}

/** Metres between two points, flat: exact enough within a grid. */
export function apart(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const x = (a.lon - b.lon) * Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180));
  return Math.hypot(x, a.lat - b.lat) * METRES;
}

const placed = <T extends { lon?: number | null; lat?: number | null }>(one: T): one is T & { lon: number; lat: number } =>
  typeof one.lon === "number" && typeof one.lat === "number";

/** The nearest thing that has a name, within 200 m. */
export function nearest(at: Spot, things: Thing[]): { thing: Thing; away: number } | undefined {
  const found = things.filter(placed).map((thing) => ({ thing, away: apart(at, thing) })).sort((a, b) => a.away - b.away)[0]; // prettier-ignore
  return found && found.away <= 200 ? found : undefined;
}

/** Hazards that are known near here: perhaps the same one. */
export const near = (at: Spot, hazards: HazardOf[], within = 60): HazardOf[] =>
  hazards.filter(placed).map((one) => ({ one, away: apart(at, one) })).filter((f) => f.away <= within).sort((a, b) => a.away - b.away).slice(0, 3).map((f) => f.one); // prettier-ignore

/** Say a position in words from what the phone keeps. */
export function wordsFor(at: Spot | undefined): string {
  const grid = field.where();
  if (!at) return grid;
  const by = nearest(at, field.packs.objects);
  if (!by) return grid;
  return by.away < 30 ? by.thing.name : say("{name}旁边 {n} 米", { name: by.thing.name, n: Math.round(by.away / 5) * 5 });
}

function rings(ground: Ground): Point[][] {
  const shape = ground.shape;
  if (!shape) return [];
  return shape.type === "Polygon" ? (shape.coordinates as Point[][]) : (shape.coordinates as Point[][][]).flat();
}

/** Draw my grid, what is in it and where I am; `undefined` where nothing is known to draw. */
export function miniMap(at: Spot | undefined, whole = false): Safe | undefined {
  const { objects, ground, hazards } = field.packs;
  const borders = rings(ground);
  const things = objects.filter(placed);
  const all: Point[] = [...borders.flat(), ...things.map((t): Point => [t.lon, t.lat]), ...(at && whole ? [[at.lon, at.lat] as Point] : [])];
  if (!at && !all.length) return undefined;
  const wide = 360;
  const high = 230;
  const xs = all.map((p) => p[0]);
  const ys = all.map((p) => p[1]);
  const middle: Point = at && !whole ? [at.lon, at.lat] : [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  const shrink = Math.cos((middle[1] * Math.PI) / 180);
  const reach = at && !whole ? 120 / METRES : Math.max((Math.max(...xs) - Math.min(...xs)) * shrink * (high / wide), Math.max(...ys) - Math.min(...ys), 100 / METRES) / 1.8; // prettier-ignore
  const scale = high / 2 / reach;
  const x = (p: Point): number => Math.round((wide / 2 + (p[0] - middle[0]) * shrink * scale) * 10) / 10;
  const y = (p: Point): number => Math.round((high / 2 - (p[1] - middle[1]) * scale) * 10) / 10;
  const path = (line: Point[], close: boolean): string => line.map((p, i) => `${i ? "L" : "M"}${x(p)} ${y(p)}`).join("") + (close ? "Z" : "");
  const inside = things.filter((t) => x([t.lon, t.lat]) > -20 && x([t.lon, t.lat]) < wide + 20 && y([t.lon, t.lat]) > 0 && y([t.lon, t.lat]) < high).slice(0, 40); // prettier-ignore
  const words = at ? say("你在{where}", { where: wordsFor(at) }) : say("我的网格");
  return html`<figure class="map minimap"><svg viewBox="0 0 ${wide} ${high}" role="img" aria-label="${words}">
<rect class="map__land" width="${wide}" height="${high}"/>
${borders.map((ring) => html`<path class="minimap__grid" d="${path(ring, true)}"/>`)}
${(ground.lines ?? []).map((line) => html`<path class="minimap__${line.kind}" d="${path(line.at, false)}"/>`)}
${inside.map((t, i) => html`<rect class="map__building" x="${x([t.lon, t.lat]) - 5}" y="${y([t.lon, t.lat]) - 5}" width="10" height="10" rx="1"/>${i < 8 ? html`<text class="map__label" x="${x([t.lon, t.lat]) + 9}" y="${y([t.lon, t.lat]) + 6}" font-size="17">${t.name.slice(0, 8)}</text>` : ""}`)}
${hazards.filter(placed).map((h) => html`<path class="minimap__hazard" d="M${x([h.lon, h.lat])} ${y([h.lon, h.lat]) - 9}l9 16h-18z"/>`)}
${at ? html`<circle class="map__near" fill="none" cx="${x([at.lon, at.lat])}" cy="${y([at.lon, at.lat])}" r="${Math.max(16, Math.min(100, (at.accuracy / METRES) * scale))}"/><circle class="map__you" cx="${x([at.lon, at.lat])}" cy="${y([at.lon, at.lat])}" r="11"/>` : ""}
</svg></figure>`;
}
