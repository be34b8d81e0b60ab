import { Marker, type Map as MapLibre } from "maplibre-gl";
import type { FeatureCollection } from "geojson";
import { LEVELS, LEVEL_WORDS, bounds, openMap, read, show, type Level } from "./basemap";
import { say } from "./words";

/** What the map draws of one feature: GeoJSON properties. */
export interface Shown {
  kind: "place" | "here" | "land" | "river" | "road" | "warned" | "drawn" | "thing";
  name?: string;
  url?: string;
  level?: Level;
  /** How a thing fares, or `said`: what people reported. Drawn by shape and size, never by colour alone. */
  state?: "well" | "never" | "silent" | "alarm" | "said";
  note?: string;
  label?: [number, number];
}

const LABELS = 60;

/** Which features are named on the map and in the list beside it: each once, by name. */
export function named(data: FeatureCollection): { name: string; url: string | undefined; level: Level | undefined; note: string | undefined; at: [number, number] | undefined; pin: boolean }[] {
  const seen = new Map<string, { name: string; url: string | undefined; level: Level | undefined; note: string | undefined; at: [number, number] | undefined; pin: boolean }>();
  for (const feature of data.features) {
    const p = (feature.properties ?? {}) as Partial<Shown>;
    if (!p.name || p.kind === "river" || p.kind === "road") continue;
    const box = bounds({ type: "FeatureCollection", features: [feature] });
    const at = p.label ?? (box ? ([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as [number, number]) : undefined);
    const before = seen.get(p.name);
    seen.set(p.name, { name: p.name, url: p.url ?? before?.url, level: p.level ?? before?.level, note: p.note ?? before?.note, at: before?.at ?? at, pin: p.kind === "thing" });
  }
  return [...seen.values()];
}

/** `<anlan-map src="….geojson">`: draws when it comes into sight; the list of what it shows stands below, for the keyboard. */
export class AnlanMap extends HTMLElement {
  private map: MapLibre | undefined;
  private watcher: IntersectionObserver | undefined;
  private timer: number | undefined;

  connectedCallback(): void {
    if (this.map || this.watcher) return;
    this.watcher = new IntersectionObserver((seen) => {
      if (!seen.some((s) => s.isIntersecting)) return;
      this.watcher?.disconnect();
      void this.draw();
    });
    this.watcher.observe(this);
  }

  disconnectedCallback(): void {
    this.watcher?.disconnect();
    window.clearInterval(this.timer);
    this.map?.remove();
    this.map = undefined;
    this.watcher = undefined;
  }

  private async draw(): Promise<void> {
    const stage = document.createElement("div");
    stage.className = "map__stage";
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", this.getAttribute("label") ?? say("地图"));
    this.classList.add("map");
    this.prepend(stage);
    let data: FeatureCollection;
    try {
      data = await read(this.getAttribute("src") ?? "");
    } catch (error) {
      this.apologise(stage, error);
      return;
    }
    const names = named(data);
    if (!data.features.length) {
      const line = document.createElement("p");
      line.className = "map__foot";
      line.textContent = say("这里还没有边界，画不出地图");
      stage.replaceWith(line);
      this.dataset.ready = "1";
      return;
    }
    this.append(this.foot(data));
    if (!this.querySelector(".map__list")) this.append(this.list(names));
    try {
      this.map = openMap(stage, data);
    } catch (error) {
      this.apologise(stage, error);
      return;
    }
    const map = this.map;
    show(map, data);
    const places = names.filter((n) => n.at).slice(0, LABELS);
    const labels = places.map((n) => {
      const words = document.createElement(n.url ? "a" : "span");
      words.className = n.level ? "map__name map__name--strong" : "map__name";
      words.textContent = n.name;
      if (n.url) {
        words.setAttribute("href", n.url);
        words.tabIndex = -1; // the list below is the keyboard's way; a label is the mouse's
      }
      return new Marker({ element: words, ...(n.pin ? { anchor: "bottom" as const, offset: [0, -9] as [number, number] } : {}) }).setLngLat(n.at!).addTo(map);
    });
    const thin = (): void => {
      const kept: DOMRect[] = [];
      for (const label of labels) {
        const element = label.getElement();
        element.hidden = false;
        const box = element.getBoundingClientRect();
        const hit = kept.some((k) => box.left < k.right && k.left < box.right && box.top < k.bottom && k.top < box.bottom);
        element.hidden = hit;
        if (!hit) kept.push(box);
      }
    };
    map.on("load", thin);
    map.on("click", "pin", (event) => {
      const url = (event.features?.[0]?.properties as Partial<Shown> | undefined)?.url;
      if (url) location.assign(url);
    });
    map.on("mouseenter", "pin", (event) => (map.getCanvas().style.cursor = event.features?.[0]?.properties?.url ? "pointer" : ""));
    map.on("mouseleave", "pin", () => (map.getCanvas().style.cursor = ""));
    const every = Number(this.getAttribute("every") ?? 0);
    if (every) this.timer = window.setInterval(() => void this.again(map), every * 1000);
    map.on("moveend", thin);
    map.on("idle", () => {
      this.dataset.ready = "1";
    });
  }

  /** Fetch the data again; a page in the background or a line that is down waits for the next time. */
  private async again(map: MapLibre): Promise<void> {
    if (document.hidden) return;
    try {
      const data = await read(this.getAttribute("src") ?? "");
      show(map, data);
      const before = this.querySelector<HTMLDetailsElement>(".map__more");
      const list = this.list(named(data)) as HTMLDetailsElement;
      list.open = before?.open ?? false;
      before?.replaceWith(list);
    } catch (error) {
      console.warn("the map was not refreshed", error);
    }
  }

  private apologise(stage: HTMLElement, error: unknown): void {
    const why = error instanceof Error && /[\u4e00-\u9fff]|server/.test(error.message) ? error.message : say("浏览器不能画地图");
    const line = document.createElement("p");
    line.className = "map__foot";
    line.setAttribute("role", "alert");
    line.textContent = say("地图打不开：{why}。下面的名单照样能用。", { why });
    stage.replaceWith(line);
    this.dataset.ready = "0";
  }

  private foot(data: FeatureCollection): HTMLElement {
    const foot = document.createElement("p");
    foot.className = "map__foot";
    const has = (test: (p: Partial<Shown>) => boolean): boolean => data.features.some((f) => test((f.properties ?? {}) as Partial<Shown>));
    for (const level of LEVELS) if (has((p) => p.kind === "warned" && p.level === level)) foot.append(key(`map__key map__key--${level}`, `${say(LEVEL_WORDS[level])} ${say("预警范围")}`));
    if (has((p) => p.kind === "place" || p.kind === "here")) foot.append(key("map__key map__key--border", say("地方的边界")));
    if (has((p) => p.state === "alarm")) foot.append(key("map__key map__pin map__pin--alarm", say("报警")));
    if (has((p) => p.state === "silent")) foot.append(key("map__key map__pin map__pin--silent", say("没有数据")));
    if (has((p) => p.state === "well")) foot.append(key("map__key map__pin map__pin--well", say("正常")));
    if (has((p) => p.state === "said")) foot.append(key("map__key map__pin map__pin--said", say("人报的")));
    if (has((p) => p.kind === "river")) foot.append(key("map__key map__key--river", say("河")));
    if (has((p) => p.kind === "road")) foot.append(key("map__key map__key--road", say("路")));
    return foot;
  }

  private list(names: ReturnType<typeof named>): HTMLElement {
    const more = document.createElement("details");
    more.className = "more map__more";
    const head = document.createElement("summary");
    head.textContent = `${say("地图上有这些")}（${say("{n} 处", { n: names.length })}）`;
    const list = document.createElement("ul");
    list.className = "map__list";
    for (const n of names) {
      const line = document.createElement("li");
      const words = document.createElement(n.url ? "a" : "span");
      words.textContent = n.name;
      if (n.url) words.setAttribute("href", n.url);
      line.append(words);
      const said = [n.level ? say(LEVEL_WORDS[n.level]) : "", n.note ?? ""].filter(Boolean).join("，");
      if (said) line.append(` ${said}`);
      list.append(line);
    }
    more.append(head, list);
    return more;
  }
}

function key(className: string, words: string): HTMLElement {
  const span = document.createElement("span");
  span.className = "key";
  const mark = document.createElement("span");
  mark.className = className;
  mark.setAttribute("aria-hidden", "true");
  span.append(mark, words);
  return span;
}

if (!customElements.get("anlan-map")) customElements.define("anlan-map", AnlanMap);
