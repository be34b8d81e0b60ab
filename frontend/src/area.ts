import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import type { Feature, FeatureCollection, Polygon, Position } from "geojson";
import { EMPTY, openMap, read, show } from "./basemap";
import { circle, distance, polygon } from "./shapes";
import { say } from "./words";

/**
 * `<anlan-area input="id" src="….geojson">`: draw a polygon or a circle over our layers; the result is written as a
 * GeoJSON Feature into the input. Numbers do the same without a mouse.
 */
export class AnlanArea extends HTMLElement {
  private map: MapLibre | undefined;
  private ground: FeatureCollection = EMPTY;
  private mode: "" | "polygon" | "circle" = "";
  private corners: Position[] = [];
  private made: Feature<Polygon> | undefined;
  private readonly status = document.createElement("p");

  connectedCallback(): void {
    if (this.map) return;
    void this.build();
  }

  disconnectedCallback(): void {
    this.map?.remove();
    this.map = undefined;
  }

  private get input(): HTMLInputElement | HTMLTextAreaElement | null {
    const at = document.getElementById(this.getAttribute("input") ?? "");
    return at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at : null;
  }

  private async build(): Promise<void> {
    const tools = document.createElement("p");
    tools.className = "acts area__tools";
    tools.append(
      this.button(say("画多边形"), () => this.begin("polygon")),
      this.button(say("画圆"), () => this.begin("circle")),
      this.button(say("擦掉重画"), () => this.clear()),
    );
    this.status.className = "fine area__status";
    this.status.setAttribute("role", "status");
    const stage = document.createElement("div");
    stage.className = "map__stage";
    const frame = document.createElement("div");
    frame.className = "map";
    frame.append(stage);
    this.append(tools, frame, this.status, this.numbers());
    const src = this.getAttribute("src");
    try {
      this.ground = src ? await read(src) : EMPTY;
      this.map = openMap(stage, this.ground);
    } catch (error) {
      frame.hidden = true;
      this.status.textContent = say("地图打不开：{why}。下面的名单照样能用。", { why: error instanceof Error ? error.message : say("浏览器不能画地图") });
      return;
    }
    const map = this.map;
    map.doubleClickZoom.disable();
    map.on("click", (event: MapMouseEvent) => this.press([event.lngLat.lng, event.lngLat.lat]));
    map.on("dblclick", () => this.close());
    map.on("mousemove", (event: MapMouseEvent) => this.preview([event.lngLat.lng, event.lngLat.lat]));
    map.on("load", () => this.restore());
    map.on("idle", () => {
      this.dataset.ready = "1";
    });
    stage.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.close();
      else if (event.key === "Backspace" && this.corners.length) {
        event.preventDefault();
        this.corners.pop();
        this.paint();
      }
    });
    this.restore();
  }

  private button(words: string, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--small";
    button.textContent = words;
    button.addEventListener("click", act);
    return button;
  }

  private numbers(): HTMLElement {
    const more = document.createElement("details");
    more.className = "more";
    const head = document.createElement("summary");
    head.textContent = say("不用鼠标：写中心和半径");
    const row = document.createElement("div");
    row.className = "filters";
    const fields = (["经度", "纬度", "半径（公里）"] as const).map((name) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "number";
      input.step = "any";
      input.setAttribute("form", ""); // belongs to no form: it only feeds the one input
      label.append(say(name), " ", input);
      row.append(label);
      return input;
    });
    row.append(
      this.button(say("就用这个圆"), () => {
        const [lon = NaN, lat = NaN, km = NaN] = fields.map((f) => f.valueAsNumber);
        if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && km > 0)) {
          this.status.textContent = say("经度在 -180 到 180 之间，纬度在 -90 到 90 之间，半径大于 0");
          return;
        }
        this.keep(circle(lon, lat, km));
      }),
    );
    more.append(head, row);
    return more;
  }

  private begin(mode: "polygon" | "circle"): void {
    this.mode = mode;
    this.corners = [];
    this.made = undefined;
    this.status.textContent = mode === "polygon" ? say("点一下加一个角，双击或按回车收口，按退格去掉上一个角") : say("点一下定圆心，再点一下定半径");
    this.paint();
  }

  private press(at: Position): void {
    if (!this.mode) return;
    const last = this.corners[this.corners.length - 1];
    if (last && distance(last, at) < 0.005) return; // the second press of a double click
    this.corners.push(at);
    if (this.mode === "circle" && this.corners.length === 2) this.keep(circle(this.corners[0]![0]!, this.corners[0]![1]!, distance(this.corners[0]!, at)));
    else this.paint();
  }

  private preview(at: Position): void {
    if (!this.mode || !this.corners.length) return;
    const shape = this.mode === "circle" ? circle(this.corners[0]![0]!, this.corners[0]![1]!, Math.max(distance(this.corners[0]!, at), 0.01)) : polygon([...this.corners, at]);
    this.paint(shape);
  }

  private close(): void {
    if (this.mode !== "polygon") return;
    const shape = polygon(this.corners);
    if (shape) this.keep(shape);
  }

  private keep(shape: Feature<Polygon>): void {
    this.mode = "";
    this.corners = [];
    this.made = shape;
    const round = (shape.properties?.circle ?? undefined) as { km: number } | undefined;
    this.status.textContent = round ? say("画好了：半径 {n} 公里", { n: round.km }) : say("画好了：{n} 个角", { n: (shape.geometry.coordinates[0]?.length ?? 1) - 1 });
    this.write(JSON.stringify(shape));
    this.paint();
  }

  private clear(): void {
    this.mode = "";
    this.corners = [];
    this.made = undefined;
    this.status.textContent = say("还没画");
    this.write("");
    this.paint();
  }

  private write(value: string): void {
    if (!this.input) return;
    this.input.value = value;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private restore(): void {
    const kept = this.input?.value;
    if (!kept || this.made) return;
    try {
      const value = JSON.parse(kept) as Feature<Polygon>;
      this.made = value.type === "Feature" ? value : { type: "Feature", properties: {}, geometry: value as unknown as Polygon };
      this.paint();
    } catch {
      this.status.textContent = say("还没画");
    }
  }

  private paint(shape: Feature<Polygon> | undefined = this.made ?? polygon(this.corners)): void {
    if (!this.map) return;
    const drawn = shape ? [{ ...shape, properties: { kind: "drawn" } }] : [];
    const points = this.corners.map((at) => ({ type: "Feature" as const, properties: { kind: "thing" }, geometry: { type: "Point" as const, coordinates: at } }));
    show(this.map, { type: "FeatureCollection", features: [...this.ground.features, ...drawn, ...points] });
  }
}

if (!customElements.get("anlan-area")) customElements.define("anlan-area", AnlanArea);
