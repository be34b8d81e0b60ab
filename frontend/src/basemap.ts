/** A map with no tiles and no requests but ours: ground, layers from GeoJSON, colours from the page's tokens. */
import { Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl, type LngLatBoundsLike, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { FeatureCollection, Position } from "geojson";
import { token } from "./tokens";
import { say } from "./words";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);

export const LEVELS = ["red", "orange", "yellow", "blue"] as const;
export type Level = (typeof LEVELS)[number];
export const LEVEL_WORDS: Record<Level, string> = { red: "红色", orange: "橙色", yellow: "黄色", blue: "蓝色" };
/** Angle and spacing say the level where colour cannot: the fiercer, the denser. */
const HATCH: Record<Level, { gap: number; turn: number }> = {
  red: { gap: 8, turn: 1 },
  orange: { gap: 12, turn: -1 },
  yellow: { gap: 16, turn: 1 },
  blue: { gap: 24, turn: -1 },
};

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Draw the hatch of a level: diagonal lines that meet at the tile's edges. */
function hatch(level: Level, colour: string): ImageData | undefined {
  const { gap, turn } = HATCH[level];
  const size = gap * 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.7;
  pen.lineWidth = 3;
  pen.beginPath();
  for (let x = -size; x <= 2 * size; x += gap) {
    pen.moveTo(x, turn > 0 ? size : 0);
    pen.lineTo(x + size, turn > 0 ? 0 : size);
  }
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}

const edge = (level: Level): string => (level === "orange" || level === "yellow" ? `level-${level}-edge` : `level-${level}`);

/** Points: an alarm is large with a dark edge, what is silent a ring, what people said a thick ring, the rest a dot. */
function pins(at: Element): Record<string, unknown> {
  const by = (values: Record<string, unknown>, rest: unknown): unknown => ["match", ["coalesce", ["get", "state"], ""], ...Object.entries(values).flat(), rest];
  const level = ["match", ["coalesce", ["get", "level"], ""], ...LEVELS.flatMap((l) => [l, token(`level-${l}`, at)]), token("accent", at)];
  const fill: [string, unknown][] = [["alarm", level], ["silent", token("surface", at)], ["never", token("surface", at)], ["said", token("surface", at)]];
  return {
    "circle-radius": by({ alarm: 9, silent: 6, never: 4, said: 7, well: 4 }, 6),
    "circle-color": ["match", ["coalesce", ["get", "state"], ""], ...fill.flatMap(([name, value]) => [name, value]), token("accent", at)],
    "circle-stroke-color": by({ alarm: token("ink", at), silent: token("ink", at), never: token("ink-3", at), said: token("accent", at) }, token("surface", at)),
    "circle-stroke-width": by({ alarm: 2.5, silent: 2.5, never: 1, said: 4, well: 1 }, 2),
  };
}

function style(at: Element, data: FeatureCollection): StyleSpecification {
  const kind = (...names: string[]): ["in", ["get", string], ["literal", string[]]] => ["in", ["get", "kind"], ["literal", names]];
  return {
    version: 8,
    sources: { ours: { type: "geojson", data, generateId: true } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("map-out", at) } },
      { id: "land", type: "fill", source: "ours", filter: ["all", kind("place", "land", "here"), ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": token("map-land", at) } },
      { id: "here", type: "fill", source: "ours", filter: ["all", kind("here"), ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": token("accent-soft", at) } },
      { id: "water", type: "line", source: "ours", filter: kind("river"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("map-water", at), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 2, 14, 12] } },
      { id: "road", type: "line", source: "ours", filter: kind("road"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("map-road-edge", at), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 4] } },
      { id: "border", type: "line", source: "ours", filter: kind("place", "here"), paint: { "line-color": token("map-border", at), "line-dasharray": [3, 2], "line-width": 1 } },
      ...LEVELS.map((level) => ({ id: `warned-${level}`, type: "fill" as const, source: "ours", filter: ["all", ["==", ["get", "kind"], "warned"], ["==", ["get", "level"], level]] as never, paint: { "fill-pattern": `hatch-${level}` } })),
      ...LEVELS.map((level) => ({ id: `edge-${level}`, type: "line" as const, source: "ours", filter: ["all", ["==", ["get", "kind"], "warned"], ["==", ["get", "level"], level]] as never, paint: { "line-color": token(edge(level), at), "line-width": 2.5 } })),
      { id: "drawn", type: "fill", source: "ours", filter: ["==", ["get", "kind"], "drawn"], paint: { "fill-color": token("accent", at), "fill-opacity": 0.15 } },
      { id: "drawn-edge", type: "line", source: "ours", filter: ["==", ["get", "kind"], "drawn"], paint: { "line-color": token("accent", at), "line-width": 2.5 } },
      { id: "pin", type: "circle", source: "ours", filter: ["==", ["geometry-type"], "Point"], paint: pins(at) as never },
    ],
  };
}

function* positions(data: FeatureCollection): Generator<Position> {
  function* deep(value: unknown): Generator<Position> {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === "number") yield value as Position;
    else for (const inner of value) yield* deep(inner);
  }
  for (const feature of data.features) if (feature.geometry && "coordinates" in feature.geometry) yield* deep(feature.geometry.coordinates);
}

/** The box around everything, or undefined of nothing. */
export function bounds(data: FeatureCollection): [number, number, number, number] | undefined {
  let box: [number, number, number, number] | undefined;
  for (const [x = 0, y = 0] of positions(data)) {
    box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
  }
  return box;
}

/** Open a map in an element. Throws where the browser cannot draw one. */
export function openMap(container: HTMLElement, data: FeatureCollection): MapLibre {
  const box = bounds(data);
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new MapLibre({
    container,
    style: style(container, data),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: reduced ? 0 : 150,
    ...(box ? { bounds: box as LngLatBoundsLike, fitBoundsOptions: { padding: 24, animate: false } } : { center: [104.07, 30.66] as [number, number], zoom: 8 }),
    locale: { "NavigationControl.ZoomIn": say("放大"), "NavigationControl.ZoomOut": say("缩小"), "Map.Title": say("地图") },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  const dress = (): void => {
    for (const level of LEVELS) {
      const image = hatch(level, token(edge(level), container));
      if (!image) continue;
      if (map.hasImage(`hatch-${level}`)) map.removeImage(`hatch-${level}`);
      map.addImage(`hatch-${level}`, image, { pixelRatio: 2 });
    }
  };
  dress();
  map.on("styledata", () => {
    if (!map.hasImage("hatch-red")) dress();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style(container, current(map, data))));
  return map;
}

const held = new WeakMap<MapLibre, FeatureCollection>();

function current(map: MapLibre, first: FeatureCollection): FeatureCollection {
  return held.get(map) ?? first;
}

/** Show other data. */
export function show(map: MapLibre, data: FeatureCollection): void {
  held.set(map, data);
  const source = map.getSource("ours");
  if (source && "setData" in source) void (source as unknown as { setData(d: FeatureCollection): unknown }).setData(data);
}

/** Read a GeoJSON address of ours. Throws with words a person can read. */
export async function read(src: string): Promise<FeatureCollection> {
  const answer = await fetch(src, { headers: { Accept: "application/geo+json, application/json" }, credentials: "same-origin" }).catch(() => {
    throw new Error(say("连不上服务器"));
  });
  if (!answer.ok) throw new Error(say("服务器答了 {n}", { n: answer.status }));
  const data = (await answer.json()) as FeatureCollection;
  if (!Array.isArray(data.features)) throw new Error(say("读不到数据"));
  return data;
}
