/** 撤回: what has not left the phone becomes a draft again, with what was added to it. Drafts, and where they go on. */
import { act, go } from "./app";
import { html, icon, type Safe } from "./html";
import { at } from "./parts";
import { field } from "./state";
import { say } from "./words";
import type { Draft, Kept } from "./store";

type Values = Record<string, unknown>;

/** Where the draft of a name is written on. */
export function addressOf(name: string): string {
  const [kind = "", ...rest] = name.split(":");
  const id = rest.join(":");
  if (kind === "report") return "/where";
  if (kind === "visit") return `/task/${id}`;
  if (kind === "form") return `/form/${id}`;
  return ["rectify", "accept", "refuse", "note"].includes(kind) ? `/act/${kind}/${id}` : "";
}

/** Return the values of the draft that a record becomes: nothing that was typed or taken since is left out. */
export function valuesOf(record: Kept, added: Kept[]): Values {
  const was: Values = record.from?.values ?? {};
  const photos = [...((was["photos"] as string[] | undefined) ?? []), ...record.uploads, ...added.flatMap((r) => r.uploads)];
  const own = JSON.stringify(was["answers"] ?? {}); // photos that are answers stay answers
  const loose = photos.filter((id, i) => photos.indexOf(id) === i && own.indexOf(id) < 0);
  const found: Values = { ...was, ...(loose.length ? { photos: loose } : {}) };
  if (record.kind === "hazards.visit" && record.body["conclusion"]) found["conclusion"] = record.body["conclusion"];
  if (record.kind === "hazards.report" || record.kind === "incidents.report") {
    const text = String(record.body["text"] ?? "");
    const more = added.filter((r) => r.said === r.body["words"]).map((r) => String(r.body["words"]));
    found["text"] = [text === was["tile"] ? "" : text, ...more].filter(Boolean).join("。");
  }
  return found;
}

act("take-back", async (id) => {
  const name = await field.takeBack(id, valuesOf);
  go(addressOf(name) || "/home", true);
});

export const takeBack = (r: Kept): Safe =>
  field.canTakeBack(r) ? html`<button class="btn" type="button" data-do="take-back" data-arg="${r.id}">${icon("undo")}${say("撤回来改")}</button>` : html``;

function nameOf(draft: Draft): string {
  const [kind = "", id = ""] = draft.key.slice(draft.owner.length + 1).split(":");
  const told = String(draft.values["text"] ?? draft.values["words"] ?? "");
  if (kind === "report") return [say(String(draft.values["tile"] ?? "")), told].filter(Boolean).join(say("，"));
  if (kind === "form") return field.packs.forms.find((f) => String(f.id) === id)?.title ?? "";
  if (kind === "visit") return (field.packs.tasks.find((t) => t.id === id)?.title ?? field.packs.objects.find((o) => `object-${o.id}` === id)?.name) || ""; // prettier-ignore
  return [field.packs.hazards.find((h) => h.id === id)?.text ?? "", told].filter(Boolean).join(say("，"));
}

/** What was begun and not handed in, each with the way back to it. */
export function begun(): Safe {
  const drafts = field.begun().map((d) => ({ d, to: addressOf(d.key.slice(d.owner.length + 1)), name: nameOf(d) })).filter((x) => x.to && x.name); // prettier-ignore
  if (!drafts.length) return html``;
  return html`<h2>${say("写到一半的")} <span class="muted">${say("{n} 条", { n: drafts.length })}</span></h2><ul class="todo">${drafts.map((x) => html`<li><a href="#${x.to}"><span class="todo__no">${icon("edit")}</span><span><b>${x.name}</b><span class="muted">${at(x.d.at)}</span></span>${icon("chev-r")}</a></li>`)}</ul>`;
}
