/** 要查的地方: one tap 「没问题」, or item by item; a failed one becomes a hazard by another tap. The handbook; the map. */
import { act, complain, go, input, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { at, camera, clock, empty, inDraft, line, shots, takes, text } from "../parts";
import { locate, miniMap, spot } from "../place";
import { field } from "../state";
import { say } from "../words";
import type { Checklist, Item, Task, Thing } from "../wire";
import { tasksLeft } from "./home";

type Mark = "pass" | "fail" | "na";
type Marks = Record<string, { result: Mark; note?: string }>;

/** The lists that a task's plan names; without such those that the server found to fit the object. */
function listsOf(task: Task | undefined): Checklist[] {
  const of = (ids: string[] | undefined): Checklist[] => field.packs.checklists.filter((c) => ids?.includes(c.id));
  const named = of(task?.lists);
  return named.length ? named : of(objectOf(task?.object)?.lists);
}
const objectOf = (id: string | null | undefined): Thing | undefined => field.packs.objects.find((o) => o.id === id);
const draftName = (task: Task): string => `visit:${task.id}`;
const marks = (task: Task): Marks => (field.draft(draftName(task))["marks"] as Marks | undefined) ?? {};

/** A task of the pack, or a visit to an object without one ("object-…"). */
function taskOf(id: string): Task | undefined {
  if (!id.startsWith("object-")) return field.packs.tasks.find((t) => t.id === id);
  const object = objectOf(id.slice(7));
  return object && { id, title: object.name, object: object.id, where: object.where ?? "" };
}

screen("tasks", () => {
  const tasks = tasksLeft();
  const rest = field.packs.objects;
  return {
    title: say("要查的地方"),
    back: "#/home",
    body: html`${tasks.length ? html`<ul class="todo">${tasks.map((t) => line(`#/task/${t.id}`, icon("list-check"), t.title, [t.due_at ? say("{t} 前", { t: at(t.due_at) }) : "", t.where ?? ""].filter(Boolean).join(say("，"))))}</ul>` : empty(say("今天没有要查的"), say("排到你的检查会出现在这里。"))}
${rest.length ? html`<h2>${say("我管的地方")} <span class="muted">${say("{n} 处", { n: rest.length })}</span></h2><ul class="todo">${rest.slice(0, 100).map((o) => line(`#/task/object-${o.id}`, icon("home"), o.name, o.where ?? ""))}</ul>` : ""}`,
  };
});

screen("task", ([id = ""]) => {
  const task = taskOf(id);
  if (!task) return undefined;
  const before = field.doing("hazards.visit", "task", id);
  const lists = listsOf(task);
  const count = lists.reduce((n, l) => n + l.items.length, 0);
  const begun = Object.keys(marks(task)).length;
  return {
    title: task.title,
    back: "#/tasks",
    body: html`<p>${task.where ?? ""} ${clock(task.due_at)}</p>${task.note ? html`<p class="muted">${task.note}</p>` : ""}
${before ? html`<p class="save">${say("{t} 查过了，记下了。", { t: at(before.at) })}</p>` : html`<button class="btn btn--primary btn--big answer__yes" type="button" data-do="all-good" data-arg="${id}">${say("看过了，没问题")}</button>
${count ? html`<a class="btn btn--big" href="#/check/${id}">${icon("list-check")}${begun ? say("接着一条一条查（{n}/{all}）", { n: begun, all: count }) : say("一条一条查，{n} 条", { n: count })}</a>` : ""}
<button class="btn btn--big" type="button" data-do="found-here" data-arg="${id}">${icon("hazard")}${say("有问题，记成隐患")}</button>`}`,
  };
});

takes("visit", inDraft);

async function visited(task: Task, nothing: boolean, answers: Marks): Promise<string> {
  const made = await field.enter(
    {
      kind: "hazards.visit",
      body: {
        task: task.id.startsWith("object-") ? null : task.id, object: task.object ?? null, answers, nothing_wrong: nothing,
        conclusion: text(field.draft(draftName(task)), "conclusion"), lists: nothing ? [] : listsOf(task).map((l) => l.id), ...(spot ? { lon: spot.lon, lat: spot.lat, accuracy: spot.accuracy } : {}),
      },
      said: nothing ? say("查了{what}：没问题", { what: task.title }) : say("查了{what}", { what: task.title }),
      where: task.where ?? "",
      uploads: (field.draft(draftName(task))["photos"] as string[] | undefined) ?? [],
      hold: nothing ? 15_000 : 0,
    },
    draftName(task),
  ); // prettier-ignore
  return made.id;
}
act("all-good", async (id) => {
  const task = taskOf(id);
  if (task) go(`/done/${await visited(task, true, {})}`, true);
});
act("found-here", async (id) => {
  const task = taskOf(id);
  const object = objectOf(task?.object);
  await field.write("report", { placeName: object?.name ?? task?.title ?? "", place: object?.place ?? "", object: object?.id ?? "" });
  go("/report");
});

// --- item by item

screen("check", ([id = ""]) => {
  const task = taskOf(id);
  if (!task) return undefined;
  const given = marks(task);
  const lists = listsOf(task);
  const all = lists.flatMap((l) => l.items);
  const left = all.filter((i) => !given[i.id]).length;
  const draft = field.draft(draftName(task));
  return {
    title: task.title,
    back: `#/task/${id}`,
    body: html`${lists.map((l) => html`<h2>${l.name}</h2>${l.items.map((i, n) => question(task, i, n + 1, given[i.id]))}`)}
<div class="field"><label for="conclusion">${say("还要说的")} <span class="field__optional">${say("不写也行")}</span></label><textarea class="input" id="conclusion" data-in="conclusion" data-arg="${id}">${text(draft, "conclusion")}</textarea></div>
${camera(draftName(task), say("拍一张，不拍也行"))}${shots((draft["photos"] as string[] | undefined) ?? [], draftName(task))}
<p class="muted" role="status">${left ? say("还有 {n} 条没答", { n: left }) : say("都答了")}</p>
${left ? html`<button class="btn btn--big" type="button" data-do="rest-good" data-arg="${id}">${say("剩下的都合格")}</button>` : ""}
<button class="btn btn--primary btn--big" type="button" data-do="checked" data-arg="${id}">${say("查完了，交上去")}</button>`,
  };
});

function question(task: Task, item: Item, n: number, given: { result: Mark; note?: string } | undefined): Safe {
  const button = (mark: Mark, words: string): Safe =>
    html`<button class="btn" type="button" data-do="mark" data-arg="${task.id} ${item.id} ${mark}" aria-pressed="${given?.result === mark ? "true" : "false"}">${words}</button>`;
  const made = field.mine().find((r) => r.kind === "hazards.report" && r.body["item"] === item.id && r.body["task"] === task.id);
  return html`<section class="ask" id="item-${item.id}" aria-label="${item.question}"><p><b>${n}. ${item.question}</b>${item.professional ? html` <span class="grade">${say("要专业人员看")}</span>` : ""}</p>
${item.how ? html`<details><summary>${say("怎么看")}</summary><p>${item.how}</p>${item.basis ? html`<p class="muted">${item.basis}</p>` : ""}</details>` : ""}
<div class="three">${button("pass", say("合格"))}${button("fail", say("不合格"))}${button("na", say("不适用"))}</div>
${given?.result === "fail" ? html`<div class="field"><label for="note-${item.id}">${say("哪里不对")}</label><input class="input" id="note-${item.id}" data-in="mark-note" data-arg="${task.id} ${item.id}" value="${given.note ?? ""}" maxlength="400"></div>${made ? html`<a class="btn btn--big" href="#/done/${made.id}">${icon("st-done")}${say("记成隐患了，补照片")}</a>` : html`<button class="btn btn--big" type="button" data-do="item-hazard" data-arg="${task.id} ${item.id}">${icon("hazard")}${say("记成隐患")}</button>`}` : ""}</section>`;
}

async function put(task: Task, item: string, mark: { result: Mark; note?: string }): Promise<void> {
  await field.write(draftName(task), { marks: { ...marks(task), [item]: mark } });
}
act("mark", async (arg) => {
  const [id = "", item = "", mark = "pass"] = arg.split(" ");
  const task = taskOf(id);
  if (!task) return;
  await put(task, item, { ...marks(task)[item], result: mark as Mark });
  field.redraw();
});
input("mark-note", async (value, box) => {
  const [id = "", item = ""] = (box.dataset["arg"] ?? "").split(" ");
  const task = taskOf(id);
  if (task) await put(task, item, { result: "fail", note: value });
});
input("conclusion", (value, box) => field.write(`visit:${box.dataset["arg"] ?? ""}`, { conclusion: value }));

act("item-hazard", async (arg) => {
  const [id = "", itemId = ""] = arg.split(" ");
  const task = taskOf(id);
  const item = listsOf(task).flatMap((l) => l.items).find((i) => i.id === itemId); // prettier-ignore
  if (!task || !item) return;
  const note = marks(task)[itemId]?.note?.trim();
  const object = objectOf(task.object);
  await field.enter({
    kind: "hazards.report",
    body: {
      text: note || item.question, kind: item.kind ?? "", source: "inspection", object: task.object ?? null, item: itemId, task: task.id,
      place: object?.place ?? "", where: object?.name ?? task.where ?? "", ...(spot && !object ? { lon: spot.lon, lat: spot.lat, accuracy: spot.accuracy } : {}),
    },
    said: note || item.question,
    where: object?.name ?? task.where ?? "",
    hold: 10_000,
    from: {
      name: "report",
      values: {
        tile: "别的", text: "", place: object?.place ?? "", object: object?.id ?? "", placeName: object?.name ?? task.where ?? task.title,
        also: { kind: item.kind ?? "", source: "inspection", item: itemId, task: task.id },
      },
    },
  }); // prettier-ignore
  field.redraw();
});
act("rest-good", async (id) => {
  const task = taskOf(id);
  if (!task) return;
  const given = marks(task);
  const all = listsOf(task).flatMap((l) => l.items);
  await field.write(draftName(task), { marks: { ...all.filter((i) => !given[i.id]).reduce<Marks>((m, i) => ({ ...m, [i.id]: { result: "pass" } }), {}), ...given } }); // prettier-ignore
  field.redraw();
});
act("checked", async (id) => {
  const task = taskOf(id);
  if (!task) return;
  const given = marks(task);
  const open = listsOf(task).flatMap((l) => l.items).find((i) => !given[i.id]); // prettier-ignore
  if (open) {
    complain(say("还有没答的：{what}", { what: open.question }));
    document.getElementById(`item-${open.id}`)?.scrollIntoView({ block: "center" });
    return;
  }
  const nothing = !Object.keys(given).some((k) => given[k]?.result === "fail");
  go(`/done/${await visited(task, nothing, given)}`, true);
});

// --- the handbook of kinds

let seek = "";
input("seek-kind", (value) => {
  seek = value.trim();
  field.redraw();
});
screen("handbook", () => {
  const found = field.packs.kinds.filter((k) => !seek || [k.name, k.words ?? "", ...(Array.isArray(k.aliases) ? k.aliases : [])].some((w) => w.includes(seek)));
  return {
    title: say("隐患手册"),
    back: "#/home",
    body: html`<div class="field"><label for="seek-kind">${say("找一种隐患")}</label><input class="input" id="seek-kind" data-in="seek-kind" autocomplete="off" value="${seek}"></div>
${found.length ? found.slice(0, 60).map((k) => html`<details id="kind-${k.code}"><summary>${k.name}</summary>${k.words ? html`<p>${k.words}</p>` : ""}${k.signs ? html`<p><b>${say("怎么看")}</b><br>${k.signs}</p>` : ""}${k.advice ? html`<p><b>${say("怎么办")}</b><br>${k.advice}</p>` : ""}${k.control ? html`<p><b>${say("先管住")}</b><br>${k.control}</p>` : ""}</details>`) : empty(say("没有这一种"), say("换个词找找。有网的时候手册会自己更新。"))}`,
  };
});

// --- my grid

let whole = false;
screen(
  "map",
  () => {
    const place = field.place();
    return {
      title: say("我的网格"),
      back: "#/home",
      body: html`${miniMap(spot, true) ?? empty(say("还没有可画的"), say("网格的边界和要查的地方有了，就画在这里。"))}
<p>${field.where()}<br><span class="muted">${say("{n} 处要管的地方，{m} 条没销的隐患", { n: field.packs.objects.length, m: field.packs.hazards.length })}</span></p>
${whole && place ? html`<div data-keep="1" class="bigmap" id="bigmap"></div>` : html`<button class="btn btn--big" type="button" data-do="big-map">${icon("map")}${say("打开大地图")}</button><p class="muted">${say("大地图要有网，大约 450 KB。")}</p>`}`,
    };
  },
  () => {
    whole = false;
    locate();
  },
);
act("big-map", async () => {
  const place = field.place();
  if (!navigator.onLine) return complain(say("没网，大地图打不开。上面的小图照样能用。"));
  await import("../../map");
  whole = true;
  field.redraw();
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const box = document.getElementById("bigmap");
      if (!box || box.firstChild) return;
      const map = document.createElement("anlan-map");
      map.setAttribute("src", `/places/${place}/map.geojson`);
      map.setAttribute("label", say("我的网格"));
      box.append(map);
    }),
  );
});
