/** Screens as text: a template that escapes, laid over the page by Idiomorph, so that focus and typing survive. */
import { Idiomorph } from "idiomorph";
import sprite from "../../../src/anlan/web/static/web/icons.svg?url";

const ICONS = new URL(sprite, import.meta.url).href;

/** Markup that is known to be ours. */
export class Safe {
  constructor(readonly text: string) {}
}

type Part = Safe | string | number | null | undefined | false | Part[];

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

function written(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Safe) return part.text;
  if (Array.isArray(part)) return part.map(written).join("");
  return escape(String(part));
}

/** Write markup; whatever stands in `${}` is escaped unless it was written by `html` itself. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Safe {
  return new Safe(strings.reduce((text, part, i) => text + part + (i < parts.length ? written(parts[i]) : ""), ""));
}

/** Draw an icon of the sprite; silent to a screen reader, since a word stands beside it. */
export const icon = (name: string): Safe => html`<svg class="icon" aria-hidden="true"><use href="${ICONS}#i-${name}"/></svg>`;
export const gauge = (bars: number): Safe =>
  html`<svg class="level__gauge" aria-hidden="true"><use href="${ICONS}#g-${bars}"/></svg>`;

/** Lay markup over an element: what stands already is kept, and an opened fold stays open.
 * Every control is drawn with what was typed last, so a redraw under the typing hand changes nothing. */
export function lay(at: Element, markup: Safe): void {
  Idiomorph.morph(at, markup.text, {
    morphStyle: "innerHTML",
    restoreFocus: true,
    callbacks: {
      beforeAttributeUpdated: (name: string, node: Element) => !(node.tagName === "DETAILS" && name === "open"),
      beforeNodeMorphed: (old: Node) => !(old instanceof HTMLElement && old.dataset["keep"] !== undefined),
    },
  });
}
