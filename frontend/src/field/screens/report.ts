/** 报险情、隐患: what, where, sent. Three taps; words and photos come after, or never. */
import { act, complain, go, input, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { alike } from "../alike";
import { at, camera, inDraft, shots, state, takes, text } from "../parts";
import { locate, miniMap, rest, spot, spotState, wordsFor } from "../place";
import { field } from "../state";
import { say } from "../words";
import { hears, listen, listening } from "../voice";
import type { Tile } from "../wire";
import type { Kept } from "../store";

const DRAFT = "report";
const HOLD = 30_000; // how long it can be taken back
const HOLD_DANGER = 8_000; // somebody may be in the water: seconds count

/** The tiles before the first pack has come. Danger goes to the duty desk as 险情, the rest as 隐患. */
const STARTING: Tile[] = [
  { code: "flooding", name: "积水、漫水", icon: "water", door: "incidents.report" },
  { code: "power", name: "电线落地、漏电", icon: "bolt", door: "incidents.report" },
  { code: "wind", name: "树倒、掉东西", icon: "tree", door: "incidents.report" },
  { code: "", name: "墙和坡开裂", icon: "crack", door: "hazards.report" },
  { code: "trapped", name: "人被困、受伤", icon: "person", door: "incidents.report" },
  { code: "fire", name: "起火、冒烟", icon: "fire", door: "incidents.report" },
  { code: "", name: "楼道堵了", icon: "boxes", door: "hazards.report" },
  { code: "other", name: "别的", icon: "dots", door: "hazards.report" },
];
export const tiles = (): Tile[] => (field.packs.tiles.length ? field.packs.tiles.slice(0, 8) : STARTING);
const tileOf = (name: string): Tile | undefined => tiles().find((t) => t.name === name) ?? STARTING.find((t) => t.name === name);
const ELSE = ["keypoint-other", "other"];

screen(
  "report",
  () => ({
    title: say("你看到什么？"),
    back: "#/home",
    body: html`${kept()}<ul class="tiles">${tiles().map((t) => html`<li><button class="tile" type="button" data-do="what" data-arg="${t.name}">${icon(t.icon)}${say(t.name)}</button></li>`)}</ul>
<p class="muted">${say("有人有危险，先打")} <a class="tel" href="tel:119">119</a> ${say("或")} <a class="tel" href="tel:120">120</a>${say("。")}</p>`,
  }),
  locate,
);

/** What was begun before the tab died is offered, not forced. */
function kept(): Safe {
  const draft = field.draft(DRAFT);
  if (!draft["tile"]) return html``;
  const name = text(draft, "tile");
  return html`<div class="save" role="status"><p>${say("上次写到一半的还在。")} <b>${say(name)}</b> ${text(draft, "text")}</p><a class="btn" href="#/where">${say("接着报")}</a><button class="btn btn--quiet" type="button" data-do="drop-report">${say("不要了")}</button></div>`;
}

act("what", async (tile) => {
  const before = field.draft(DRAFT);
  const fresh = before["tile"] === tile || before["tile"] === undefined ? {} : { text: "", place: "", object: "", placeName: "", also: {} };
  await field.write(DRAFT, { tile, ...fresh });
  go("/where");
});
act("drop-report", async () => {
  if (location.hash === "#/where") go("/report", true);
  for (const id of photosOf()) await field.dropPhoto(id);
  await field.dropDraft(DRAFT);
  field.redraw();
});
const photosOf = (): string[] => (field.draft(DRAFT)["photos"] as string[] | undefined) ?? [];
takes("report", inDraft);
input("report-text", (value) => field.write(DRAFT, { text: value }));

screen(
  "where",
  () => {
    const draft = field.draft(DRAFT);
    const tile = tileOf(text(draft, "tile"));
    if (!tile) return undefined;
    const chosen = text(draft, "placeName");
    const place = chosen || wordsFor(spot);
    const other = ELSE.includes(tile.code) || Boolean(draft["text"]);
    const photos = photosOf();
    return {
      title: say("{what}，在这里吗？", { what: say(tile.name).split("、")[0] ?? "" }),
      back: "#/report",
      body: html`${chosen ? "" : (miniMap(spot) ?? "")}
<p><b>${place || say("还不知道在哪")}</b><br><span class="muted">${chosen ? say("你选的地方") : spot ? say("定位误差 {n} 米", { n: spot.accuracy }) : spotState === "asking" ? say("正在定位，不用等，先按你的网格报") : say("没有定位，按你的网格报")}</span></p>
${other ? html`<div class="field"><label for="report-text">${say("看到什么，写一句")}</label><textarea class="input" id="report-text" data-in="report-text" maxlength="1000">${text(draft, "text")}</textarea>${speak("report")}</div>` : ""}
${photos.length ? shots(photos, DRAFT) : ""}
${alike(said(draft, tile), tile.door === "hazards.report")}
<button class="btn btn--primary btn--big" type="button" data-do="send-report">${chosen || !spot ? say("报上去") : say("就在这里，报上去")}</button>
<a class="btn btn--big" href="#/elsewhere">${say("换个地方")}</a>
${other ? html`<button class="btn btn--quiet" type="button" data-do="drop-report">${say("不报了")}</button>` : html`<p class="muted">${say("不用写字，不用拍照。报了再补也行。")}</p>`}`,
    };
  },
  locate,
);

/** The report as it would be sent now. */
function said(draft: Record<string, unknown>, tile: Tile): Record<string, unknown> {
  const chosen = text(draft, "placeName");
  const body: Record<string, unknown> = { text: text(draft, "text").trim() || tile.name, kind: ELSE.includes(tile.code) ? "" : tile.code };
  if (chosen) Object.assign(body, { place: text(draft, "place"), where: chosen, object: text(draft, "object") || null });
  else if (spot) Object.assign(body, { lon: spot.lon, lat: spot.lat, accuracy: spot.accuracy, where: wordsFor(spot) });
  else Object.assign(body, { place: field.place() });
  return Object.assign(body, draft["also"] ?? {});
}

act("send-report", async () => {
  const draft = field.draft(DRAFT);
  const tile = tileOf(text(draft, "tile"));
  if (!tile) return go("/report");
  const words = text(draft, "text").trim();
  if (ELSE.includes(tile.code) && !words) {
    complain(say("写一句看到了什么，几个字就行。"));
    document.getElementById("report-text")?.focus();
    return;
  }
  const danger = tile.door === "incidents.report";
  const made = await field.enter(
    { kind: tile.door, body: said(draft, tile), said: words || tile.name, where: text(draft, "placeName") || wordsFor(spot), uploads: photosOf(), hold: danger ? HOLD_DANGER : HOLD },
    DRAFT,
  ); // prettier-ignore
  rest();
  go(`/done/${made.id}`, true);
});

// --- another place

let wanted = "";
input("seek", (value) => {
  wanted = value.trim();
  field.redraw();
});
screen("elsewhere", () => {
  const spots = (field.me?.places ?? []).filter((s) => !wanted || s.name.includes(wanted));
  const things = field.packs.objects.filter((o) => !wanted || o.name.includes(wanted) || (o.where ?? "").includes(wanted));
  const offer = (name: string, note: string, arg: string): Safe =>
    html`<li><button class="pickone" type="button" data-do="there" data-arg="${arg}"><b>${name}</b><span class="muted">${note}</span></button></li>`;
  return {
    title: say("在哪里？"),
    back: "#/where",
    body: html`<div class="field"><label for="seek">${say("找地方，或者直接写在哪")}</label><input class="input" id="seek" data-in="seek" autocomplete="off" value="${wanted}"></div>
${wanted ? html`<button class="btn btn--primary btn--big" type="button" data-do="there" data-arg="${JSON.stringify({ name: wanted })}">${say("就写「{name}」", { name: wanted })}</button>` : ""}
<ul class="picks">${things.slice(0, 30).map((o) => offer(o.name, o.where ?? "", JSON.stringify({ name: o.name, object: o.id, place: o.place ?? "" })))}${spots.slice(0, 30).map((s) => offer(s.name, "", JSON.stringify({ name: s.name, place: s.path })))}</ul>
<button class="btn btn--big" type="button" data-do="there" data-arg="{}">${say("用手机定位")}</button>`,
  };
}, () => { wanted = ""; }); // prettier-ignore
act("there", async (arg) => {
  const to = JSON.parse(arg) as { name?: string; place?: string; object?: string };
  await field.write(DRAFT, { placeName: to.name ?? "", place: to.place ?? "", object: to.object ?? "" });
  go("/where", true);
});

// --- what was written down

/** A report is added to for ever; a visit until it leaves the phone; a form is what it is. */
const addable = (r: Kept): boolean => r.kind.endsWith(".report") || (r.kind === "hazards.visit" && r.state === "waiting" && !r.tried);

function left(record: Kept): number {
  return record.state === "waiting" && !record.tried ? Math.ceil((record.hold - Date.now()) / 1000) : 0;
}

screen(
  "done",
  ([id = ""]) => {
    const record = field.record(id);
    if (!record) return undefined;
    const seconds = left(record);
    const extra = field.draft(`add:${id}`);
    if (seconds > 0) window.setTimeout(() => field.redraw(), 1000);
    return {
      title: say("记下了"),
      mark: "st-done",
      back: "#/home",
      body: html`<p>${[say(record.said), record.where].filter(Boolean).join(say("，"))}<br><span class="muted">${at(record.at)}${say("。")}${record.state === "done" ? say("发到了。") : say("有网就发给社区值班员。")}</span></p>
<p>${state(record)}${record.href ? html` <a href="${record.href}">${say("看办得怎么样")}</a>` : ""}</p>
${addable(record) ? html`<h2>${say("有空再补，不补也行")}</h2>
${extra["open"] ? html`<div class="field"><label for="add-text">${say("再说一句")}</label><textarea class="input" id="add-text" data-in="add-text" data-arg="${id}" maxlength="1000">${text(extra, "text")}</textarea>${speak(`add:${id}`)}<button class="btn btn--primary btn--big" type="button" data-do="add-words" data-arg="${id}">${say("补上")}</button></div>` : html`<button class="btn btn--big" type="button" data-do="add-open" data-arg="${id}">${icon(hears() ? "mic" : "edit")}${hears() ? say("说一句话") : say("写一句话")}</button>`}
${camera(`add:${id}`, say("拍一张"))}` : ""}
${shots(record.uploads)}
${field.canTakeBack(record) ? html`<div class="toast"><span>${seconds > 0 ? say("报错了？还能撤 {n} 秒", { n: seconds }) : say("还没发出去，还能撤回来改")}</span><button class="toast__act" type="button" data-do="take-back" data-arg="${id}">${icon("undo")}${say("撤回")}</button></div>` : ""}
<a class="btn btn--primary btn--big" href="#/home">${say("回到今天")}</a>`,
    };
  },
);

act("add-open", async (id) => {
  await field.write(`add:${id}`, { open: true });
  field.redraw();
  if (hears()) hear(`add:${id}`);
});
input("add-text", (value, box) => field.write(`add:${box.dataset["arg"] ?? ""}`, { text: value }));
act("add-words", async (id) => {
  const words = text(field.draft(`add:${id}`), "text").trim();
  if (!words) return complain(say("写一句看到了什么，几个字就行。"));
  await addTo(id, words, []);
  await field.dropDraft(`add:${id}`);
});

/** Add to what was done: into it while it has not left the phone, else as a record of its own that follows it. */
export async function addTo(id: string, words: string, uploads: string[]): Promise<void> {
  const record = field.record(id);
  if (!record) return;
  const late = record.kind === "incidents.report" && uploads.length > 0; // the duty desk gets the words at once, photos after
  if (!record.tried && record.state === "waiting" && !late) {
    const name = record.kind === "hazards.visit" ? "conclusion" : "text";
    const before = String(record.body[name] ?? "");
    await field.change({
      ...record,
      body: words ? { ...record.body, [name]: before ? `${before}。${words}` : words } : record.body,
      said: words ? `${record.said}。${words}` : record.said,
      uploads: [...record.uploads, ...uploads],
    });
    return;
  }
  if (!record.kind.endsWith(".report")) throw new Error(say("已经发出去了，补不上了。"));
  const kind = record.kind === "incidents.report" ? "incidents.note" : "hazards.note";
  await field.enter({ kind, body: { words: words || (kind === "hazards.note" ? say("补一张照片") : "") }, said: words || say("补一张照片"), where: record.where, uploads, after: id });
}
takes("add", { add: (onto, photo) => addTo(onto.slice(4), "", [photo]), drop: async () => undefined });

// --- by voice

const DEAF = {
  nothing: "没听清，再说一次，或者打字。",
  forbidden: "浏览器不许用话筒。打字，或者点键盘上的话筒说。",
  unreachable: "听写要有网，这会儿连不上。打字，或者点键盘上的话筒说。",
};
const into: Record<string, (words: string) => Promise<void>> = {};
/** A button that hears into a draft; nothing where the browser cannot. */
export function speak(name: string): Safe {
  if (!hears()) return html``;
  return html`<button class="btn" type="button" data-do="speak" data-arg="${name}" aria-pressed="${listening() ? "true" : "false"}">${icon("mic")}${listening() ? say("在听，说完点这里") : say("说一句话")}</button>`;
}
function hear(name: string): void {
  const put = into[name.split(":")[0] ?? ""];
  listen(
    (words) => void (put ? put(words) : field.write(name, { text: `${text(field.draft(name), "text")}${words}`.slice(0, 1000) })).then(field.redraw),
    (how) => (how === "heard" ? field.redraw() : complain(say(DEAF[how]))),
  );
  field.redraw();
}
act("speak", hear);
