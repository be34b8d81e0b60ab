import { describe, expect, it } from "vitest";
import { circle, distance, polygon } from "./shapes";

describe("shapes drawn by hand", () => {
  it("a circle keeps its radius all around, and says its centre for CAP", () => {
    const shape = circle(104.07, 30.66, 5);
    for (const corner of shape.geometry.coordinates[0]!) expect(distance([104.07, 30.66], corner)).toBeCloseTo(5, 1);
    expect(shape.properties).toEqual({ circle: { lon: 104.07, lat: 30.66, km: 5 } });
  });

  it("a polygon is closed and counter-clockwise, whichever way it was drawn", () => {
    const shape = polygon([[0, 0], [0, 1], [1, 1], [1, 0]])!;
    const ring = shape.geometry.coordinates[0]!;
    expect(ring[0]).toEqual(ring[ring.length - 1]);
    const area = ring.slice(1).reduce((sum, [x = 0, y = 0], i) => sum + (ring[i]![0]! * y - x * ring[i]![1]!), 0);
    expect(area).toBeGreaterThan(0);
  });

  it("two corners are no polygon", () => {
    expect(polygon([[0, 0], [1, 1]])).toBeUndefined();
  });
});
