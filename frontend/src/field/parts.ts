/** Parts that several screens show. */
import { act, complain, pick } from "./app";
import { gauge, html, icon, type Safe } from "./html";
import { shrink } from "./photo";
import { field } from "./state";
import { lasting, say } from "./words";
import type { Kept } from "./store";

const BARS: Record<string, number> = { red: 4, orange: 3, yellow: 2, blue: 1 };
const LEVELS: Record<string, string> = { red: "红色", orange: "橙色", yellow: "黄色", blue: "蓝色" };

export const level = (code: string | undefined): Safe =>
  code && BARS[code] ? html`<span class="level level--${code}">${gauge(BARS[code])}${say(LEVELS[code] ?? "")}</span>` : html``;

/** A deadline in words; it counts by redraws of the minute. */
export function clock(due: string | null | undefined): Safe {
  if (!due) return html``;
  const left = (Date.parse(due) - field.now()) / 1000;
  const how = left < 0 ? "late" : left < 3600 ? "soon" : "";
  return html`<span class="clock${how ? ` clock--${how}` : ""}">${icon(how ? `clock-${how}` : "clock")}${say(left < 0 ? "超时 {t}" : "还剩 {t}", { t: lasting(left) })}</span>`;
}

const two = (n: number): string => String(n).padStart(2, "0");
/** 14:30 today, 11-25 14:30 on another day. */
export function at(time: string): string {
  const there = new Date(time);
  const day = there.toDateString() === new Date().toDateString() ? "" : `${there.getMonth() + 1}-${there.getDate()} `;
  return `${day}${two(there.getHours())}:${two(there.getMinutes())}`;
}

export const empty = (title: string, how: string): Safe => html`<div class="empty"><p><b>${title}</b></p><p>${how}</p></div>`;

/** A line of a list that leads somewhere. */
export const line = (to: string, mark: Safe, title: string, note: string, more: Safe | "" = ""): Safe =>
  html`<li><a href="${to}"><span class="todo__no">${mark}</span><span><b>${title}</b><span class="muted">${note}</span>${more}</span>${icon("chev-r")}</a></li>`;

export const STATES: Record<Kept["state"], [string, string]> = {
  waiting: ["wait", "存着，等网"],
  done: ["done", "收进去了"],
  settled: ["done", "处理过了"],
  refused: ["late", "没收进去"],
  conflict: ["late", "对不上，要你定"],
  kept: ["doing", "服务器收着，等人处理"],
};

export function state(record: Kept): Safe {
  const [kind, words] = STATES[record.state];
  const held = record.state === "waiting" && record.hold > Date.now() && navigator.onLine && field.net === "online";
  return html`<span class="state state--${kind}">${icon(`st-${kind}`)}${say(held ? "马上发" : words)}</span>`;
}

/** A button that takes pictures; `onto` is the draft or record that they are for: see `shots`. */
export const camera = (onto: string, words: string): Safe =>
  html`<div class="picker"><input type="file" accept="image/*" multiple data-pick="photo" data-arg="${onto}" id="photo-${onto}" aria-label="${words}"><span class="btn btn--big">${icon("camera")}${words}</span></div>`;

const addresses = new Map<string, string>();
/** Show pictures that wait on this phone. */
export function shots(ids: string[], onto = ""): Safe {
  const mine = field.photos().filter((p) => ids.includes(p.id));
  if (!ids.length) return html``;
  return html`<ul class="shots">${mine.map((p, i) => {
    if (!addresses.has(p.id)) addresses.set(p.id, URL.createObjectURL(p.blob));
    return html`<li><img src="${addresses.get(p.id)}" alt="${say("照片 {n}", { n: i + 1 })}">${onto ? html`<button class="btn" type="button" data-do="unphoto" data-arg="${onto} ${p.id}">${say("不要这张")}</button>` : ""}</li>`;
  })}</ul>`;
}

type Taker = { add: (onto: string, id: string) => Promise<void>; drop: (onto: string, id: string) => Promise<void> };
const takers = new Map<string, Taker>();
/** Say what becomes of photos for names that begin so: "report", "rectify:…". */
export const takes = (prefix: string, taker: Taker): void => void takers.set(prefix, taker);
const takerOf = (onto: string): Taker | undefined => takers.get(onto.split(":")[0] ?? "");

pick("photo", async (files, at) => {
  const onto = at.dataset["arg"] ?? "";
  for (const file of files) {
    let small: Blob;
    try {
      small = await shrink(file, Boolean(field.room?.low || field.full));
    } catch {
      complain(say("这个文件不是照片，打不开：{name}", { name: file.name }));
      continue;
    }
    const id = await field.addPhoto(small);
    if (!id) {
      complain(say("手机满了，这张照片存不下。写的字还在，先报上去不耽误。"));
      return;
    }
    await takerOf(onto)?.add(onto, id);
  }
  field.redraw();
});

act("unphoto", async (arg) => {
  const [onto = "", id = ""] = arg.split(" ");
  await takerOf(onto)?.drop(onto, id);
  await field.dropPhoto(id);
  field.redraw();
});

/** Photos that belong to a draft of the same name. */
export const inDraft: Taker = {
  add: async (onto, id) => field.write(onto, { photos: [...((field.draft(onto)["photos"] as string[] | undefined) ?? []), id] }),
  drop: async (onto, id) => field.write(onto, { photos: ((field.draft(onto)["photos"] as string[] | undefined) ?? []).filter((one) => one !== id) }),
};

export const text = (draft: Record<string, unknown>, name: string): string => String(draft[name] ?? "");

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}

/** Read a bar code or a QR code from a picture, where the browser can; else it is typed. */
pick("barcode", async (files, at) => {
  const Reader = (window as unknown as { BarcodeDetector?: new () => Detector }).BarcodeDetector;
  const file = files[0];
  if (!Reader || !file) return;
  const found = (await new Reader().detect(await createImageBitmap(file)))[0]?.rawValue;
  if (!found) return complain(say("没认出码，走近一点再拍，或者直接打字。"));
  const box = at.closest(".field")?.querySelector<HTMLInputElement>("input[data-in]");
  if (!box) return;
  box.value = found;
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
