/** 存着的: what waits, what was not taken in and why, what to decide, and a file of it all if nothing else helps. */
import { act, complain, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { at, empty, shots, state, text } from "../parts";
import { input } from "../app";
import { field, toSend } from "../state";
import { begun, takeBack } from "../takeback";
import { say } from "../words";
import type { Kept } from "../store";
import type { Body, Kind } from "../wire";

screen("outbox", () => {
  const mine = [...field.mine()].sort((a, b) => b.seq - a.seq);
  const open = mine.filter((r) => r.state === "refused" || r.state === "conflict");
  const waits = mine.filter((r) => r.state === "waiting");
  const over = mine.filter((r) => r.state === "done" || r.state === "settled");
  const photos = field.photos().filter((p) => p.owner === field.owner());
  const wrong = photos.filter((p) => p.wrong);
  return {
    title: say("存着的"),
    back: "#/home",
    body: html`${open.length ? html`<h2>${say("要你看一眼")} <span class="muted">${say("{n} 条", { n: open.length })}</span></h2><ul class="told">${open.map(trouble)}</ul>` : ""}
${waits.length || photos.length ? html`<h2>${say("等着发的")} <span class="muted">${say("{n} 条", { n: waits.length })}</span></h2><ul class="told">${waits.map(row)}</ul>${photos.length ? html`<p class="muted">${say("还有 {n} 张照片，字先发，照片后发。", { n: photos.length - wrong.length })}</p>` : ""}${wrong.map((p) => html`<p class="save">${say("一张照片服务器不收：{why}", { why: p.wrong })} <button class="btn" type="button" data-do="drop-photo" data-arg="${p.id}">${say("不要这张")}</button></p>`)}
<button class="btn btn--primary btn--big" type="button" data-do="send-now">${icon("send")}${say("现在发")}</button>
<button class="btn btn--big" type="button" data-do="export">${icon("download")}${say("导出成文件")}</button><p class="muted">${say("怎么也发不出去，就导出成文件，带给社区值班室。")}</p>` : ""}
${open.length || waits.length || photos.length ? "" : empty(say("没有存着没发的"), say("没网的时候做的事先存在这里，有网自动发。"))}
${begun()}
${over.length ? html`<h2>${say("发到了的")}</h2><ul class="told">${over.slice(0, 20).map(row)}</ul>` : ""}`,
  };
});

const row = (r: Kept): Safe =>
  html`<li><span><b>${say(r.said)}</b><span class="muted">${[at(r.at), r.where].filter(Boolean).join(say("，"))}</span></span>${state(r)}${takeBack(r)}${r.message && r.state !== "waiting" ? html`<span class="muted">${r.message}</span>` : ""}</li>`;

function pairs(values: Record<string, string> | null, body: Kept["body"]): Safe {
  const all = values && Object.keys(values).length ? Object.entries(values) : Object.entries(body).filter(([k, v]) => ["words", "opinion", "text"].includes(k) && v).map(([, v]): [string, string] => [say("写的"), String(v)]); // prettier-ignore
  return html`<dl class="facts">${all.map(([k, v]) => html`<dt>${k}</dt><dd>${v}</dd>`)}</dl>`;
}

function trouble(r: Kept): Safe {
  const name = `settle:${r.id}`;
  const draft = field.draft(name);
  if (r.state === "refused")
    return html`<li><b>${say(r.said)}</b><span class="muted">${[at(r.at), r.where].filter(Boolean).join(say("，"))}</span><p class="save">${say("没收进去：{why}", { why: r.message || say("服务器没说为什么") })}</p>
<div class="pair2"><button class="btn" type="button" data-do="again" data-arg="${r.id}">${say("再发一次")}</button><button class="btn" type="button" data-do="drop-ask" data-arg="${r.id}">${draft["sure"] ? say("真的不要了") : say("不要了")}</button></div></li>`;
  return html`<li><b>${say(r.said)}</b><span class="muted">${at(r.at)}</span><p class="save">${r.message || say("你没网的时候，别人也改了这一件。两份都留着，你看哪个对。")}</p>
<h3>${say("现在的")}</h3>${pairs(r.now, {})}<h3>${say("你手机上的")}</h3>${pairs(r.mine, r.body)}${shots(r.uploads)}
${draft["why"] === true ? html`<div class="field"><label for="why-${r.id}">${say("为什么还用你的，写一句")}</label><textarea class="input" id="why-${r.id}" data-in="why" data-arg="${r.id}">${text(draft, "words")}</textarea></div>` : ""}
<button class="btn btn--big" type="button" data-do="settle-now" data-arg="${r.id}">${say("用现在的")}</button>
<button class="btn btn--big" type="button" data-do="settle-mine" data-arg="${r.id}">${draft["why"] === true ? say("还用我的") : say("还用我的，说明原因")}</button>
<button class="btn btn--big" type="button" data-do="settle-note" data-arg="${r.id}">${say("加成一条备注")}</button></li>`;
}

input("why", (value, box) => field.write(`settle:${box.dataset["arg"] ?? ""}`, { words: value }));
act("send-now", () => field.send());
act("drop-photo", (id) => field.dropPhoto(id));
act("again", async (id) => {
  const r = field.record(id);
  if (!r) return;
  // a new id: the server has judged the old one already
  await field.enter({ kind: r.kind, body: r.body, said: r.said, where: r.where, base: r.base, uploads: r.uploads, after: r.after, ...(r.from ? { from: r.from } : {}) });
  await field.change({ ...r, uploads: [], state: "settled" });
});
act("drop-ask", async (id) => {
  if (!field.draft(`settle:${id}`)["sure"]) await field.write(`settle:${id}`, { sure: true });
  else {
    await field.dropDraft(`settle:${id}`);
    await field.forget(id);
  }
  field.redraw();
});

// --- a conflict: a person decides, and the server is told how

/** Mine goes again as a new record that knows what stands (no `base`), with the reason; a note goes beside what stands. */
async function settle(r: Kept | undefined, deed: { kind: Kind; body: Body; said: string } | undefined): Promise<void> {
  if (!r) return;
  if (deed) await field.enter({ ...deed, where: r.where, uploads: r.uploads });
  await field.change({ ...r, uploads: [], state: "settled", message: deed ? "" : say("用现在的") });
  await field.dropDraft(`settle:${r.id}`);
}
const wordsOf = (r: Kept): string => String(r.body["words"] ?? r.body["opinion"] ?? r.body["text"] ?? r.said);
act("settle-now", (id) => settle(field.record(id), undefined));
act("settle-note", (id) => {
  const r = field.record(id);
  return settle(r, r && { kind: "hazards.note", body: { hazard: r.body["hazard"], words: wordsOf(r) }, said: say("加成备注：{what}", { what: r.said }) });
});
act("settle-mine", async (id) => {
  const r = field.record(id);
  const draft = field.draft(`settle:${id}`);
  const why = text(draft, "words").trim();
  if (r && draft["why"] === true && why) return settle(r, { kind: r.kind, body: { ...r.body, reason: why }, said: say("还用我的：{what}", { what: r.said }) });
  await field.write(`settle:${id}`, { why: true });
  field.redraw();
  if (draft["why"] === true) complain(say("写一句为什么还用你的。"));
});

// --- if nothing else helps

const readable = (blob: Blob): Promise<string> =>
  new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = (): void => done(String(reader.result));
    reader.onerror = (): void => fail(reader.error ?? new Error("file"));
    reader.readAsDataURL(blob);
  });

act("export", async () => {
  const owner = field.owner();
  const records = field.mine().filter((r) => r.state !== "done" && r.state !== "settled");
  const photos = await Promise.all(field.photos().filter((p) => p.owner === owner).map(async (p) => ({ id: p.id, data: await readable(p.blob) }))); // prettier-ignore
  const whole = JSON.stringify({ anlan: "field", device: field.device, me: field.me, made_at: new Date().toISOString(), records, photos }, null, 1); // prettier-ignore
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([whole], { type: "application/json" }));
  link.download = `anlan-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.json`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});
export { toSend };
