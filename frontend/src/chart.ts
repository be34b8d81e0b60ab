import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent } from "echarts/components";
import { init, use, type ECharts } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { token } from "./tokens";
import { say } from "./words";

use([BarChart, LineChart, GridComponent, MarkLineComponent, CanvasRenderer]);

/** What a chart shows; the same data fill the table beside it. Bars always start at zero. */
export interface ChartData {
  kind: "line" | "bar";
  x: { name: string; values: (string | number)[] };
  y: { name: string; unit?: string; max?: number; min?: number };
  series: { name: string; values: (number | null)[] }[];
  marks?: { at: number; name: string }[];
  /** Limits: a line across, by a warning level's colour and always with its words. */
  lines?: { value: number; level: string; name: string }[];
  /** Many points: no figure above each bar, no name at the line's end (the heading says what it is). */
  quiet?: boolean;
}

/** Build ECharts' option from our data and tokens. */
export function option(data: ChartData, ink: (name: string) => string): Record<string, unknown> {
  const text = { color: ink("ink-2"), fontFamily: ink("font"), fontSize: 14 };
  const dashes: ("solid" | number[])[] = ["solid", [6, 3], [2, 3]];
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 200,
    grid: { left: 8, right: 72, top: 32, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: data.x.values, name: "", boundaryGap: data.kind === "bar", axisLabel: text, axisLine: { lineStyle: { color: ink("line-strong") } }, axisTick: { show: false } },
    yAxis: { type: "value", min: data.kind === "bar" ? 0 : (data.y.min ?? 0), ...(data.y.max === undefined ? {} : { max: data.y.max }), ...(data.series.every((s) => s.values.every((v) => v === null || Number.isInteger(v))) ? { minInterval: 1 } : {}), name: data.y.unit ?? "", nameTextStyle: text, axisLabel: text, splitLine: { lineStyle: { color: ink("line") } } },
    series: data.series.map((s, i) => ({
      type: data.kind,
      name: s.name,
      data: s.values,
      showSymbol: false,
      barMaxWidth: 32,
      itemStyle: { color: ink(["accent", "ink-2", "accent-mid"][i % 3]!) },
      lineStyle: { color: ink(["accent", "ink-2", "accent-mid"][i % 3]!), width: 2, type: dashes[i % 3] },
      label: data.kind === "bar" && !data.quiet ? { show: true, position: "top", ...text } : { show: false },
      endLabel: data.kind === "line" && !data.quiet ? { show: true, formatter: s.name, ...text, color: ink("ink") } : { show: false },
      ...(i === 0 && (data.marks?.length || data.lines?.length) ? { markLine: lines(data, ink, text) } : {}),
    })),
  };
}

/** Moments as dashed uprights, limits as lines across with an edge dark enough to read in any light. */
function lines(data: ChartData, ink: (name: string) => string, text: Record<string, unknown>): Record<string, unknown> {
  return {
    symbol: "none",
    animation: false,
    label: { ...text, formatter: "{b}" },
    data: [
      ...(data.marks ?? []).map((m) => ({ xAxis: m.at, name: m.name, lineStyle: { color: ink("ink"), type: [4, 3] } })),
      ...(data.lines ?? []).map((l) => ({ yAxis: l.value, name: l.name, lineStyle: { color: ink(`level-${l.level}-edge`), width: 2, type: "solid" }, label: { ...text, position: "insideStartTop", formatter: "{b}" } })),
    ],
  };
}

/** `<anlan-chart data="id of a json script">`: drawn when it comes into sight; the table below is always there. */
export class AnlanChart extends HTMLElement {
  private chart: ECharts | undefined;
  private sizes: ResizeObserver | undefined;

  connectedCallback(): void {
    if (this.chart) return;
    const source = document.getElementById(this.getAttribute("data") ?? "");
    if (!source?.textContent) return;
    const data = JSON.parse(source.textContent) as ChartData;
    const stage = document.createElement("div");
    stage.className = "chart__stage";
    stage.setAttribute("role", "img");
    stage.setAttribute("aria-label", this.getAttribute("label") ?? data.y.name);
    this.replaceChildren(stage, this.table(data));
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some((s) => s.isIntersecting)) return;
      watcher.disconnect();
      const draw = (): void => this.chart?.setOption(option(data, (name) => token(name, this)) as never);
      this.chart = init(stage);
      draw();
      this.dataset.ready = "1";
      this.sizes = new ResizeObserver(() => this.chart?.resize());
      this.sizes.observe(stage);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    });
    watcher.observe(stage);
  }

  disconnectedCallback(): void {
    this.sizes?.disconnect();
    this.chart?.dispose();
    this.chart = undefined;
  }

  private table(data: ChartData): HTMLElement {
    const more = document.createElement("details");
    more.className = "more";
    const head = document.createElement("summary");
    head.textContent = say("看数据表");
    const table = document.createElement("table");
    table.className = "table";
    const row = (tag: "th" | "td", cells: string[]): HTMLTableRowElement => {
      const line = document.createElement("tr");
      cells.forEach((words, i) => {
        const cell = document.createElement(tag);
        if (tag === "th") cell.setAttribute("scope", "col");
        if (i) cell.className = "num";
        cell.textContent = words;
        line.append(cell);
      });
      return line;
    };
    const top = document.createElement("thead");
    top.append(row("th", [data.x.name, ...data.series.map((s) => s.name)]));
    const body = document.createElement("tbody");
    data.x.values.forEach((x, i) => body.append(row("td", [String(x), ...data.series.map((s) => `${s.values[i] ?? "—"}${s.values[i] == null ? "" : (data.y.unit ?? "")}`)])));
    table.append(top, body);
    more.append(head, table);
    return more;
  }
}

if (!customElements.get("anlan-chart")) customElements.define("anlan-chart", AnlanChart);
