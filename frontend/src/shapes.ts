import type { Feature, Polygon, Position } from "geojson";

const KM_PER_DEGREE = 111.32;

/** A circle as a polygon of 64 corners; its centre and radius ride along for CAP. Longitude, latitude, kilometres. */
export function circle(lon: number, lat: number, km: number): Feature<Polygon> {
  const ring: Position[] = [];
  for (let i = 0; i <= 64; i += 1) {
    const turn = (i % 64) * (Math.PI / 32);
    ring.push([
      round(lon + ((km / KM_PER_DEGREE) * Math.sin(turn)) / Math.cos((lat * Math.PI) / 180)),
      round(lat + (km / KM_PER_DEGREE) * Math.cos(turn)),
    ]);
  }
  return { type: "Feature", properties: { circle: { lon: round(lon), lat: round(lat), km: Math.round(km * 1000) / 1000 } }, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** A polygon of corners, closed and counter-clockwise as RFC 7946 wants; undefined below three corners. */
export function polygon(corners: Position[]): Feature<Polygon> | undefined {
  if (corners.length < 3) return undefined;
  const ring = corners.map(([x = 0, y = 0]) => [round(x), round(y)] as Position);
  let area = 0;
  for (let i = 0; i < ring.length; i += 1) {
    const [ax = 0, ay = 0] = ring[i]!;
    const [bx = 0, by = 0] = ring[(i + 1) % ring.length]!;
    area += ax * by - bx * ay;
  }
  if (area < 0) ring.reverse();
  ring.push(ring[0]!);
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** Kilometres between two points, good to a few in a thousand at a city's size. */
export function distance(a: Position, b: Position): number {
  const [ax = 0, ay = 0] = a;
  const [bx = 0, by = 0] = b;
  return Math.hypot((ax - bx) * Math.cos((((ay + by) / 2) * Math.PI) / 180), ay - by) * KM_PER_DEGREE;
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;
