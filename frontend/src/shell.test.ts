import { beforeEach, describe, expect, it } from "vitest";
import { deadline } from "./clock";
import { patch } from "./live";
import { known, lasting, say } from "./words";

const MINUTE = 60_000;

beforeEach(() => {
  document.documentElement.lang = "zh-CN";
  document.body.innerHTML = "";
});

describe("deadlines", () => {
  it("are plain beyond an hour, soon within it, late after it", () => {
    expect(deadline(120 * MINUTE, 0)).toEqual({ urgency: "", words: null });
    expect(deadline(30 * MINUTE, 0)).toEqual({ urgency: "soon", words: "还剩 30\u00a0分" });
    expect(deadline(0, 5 * MINUTE)).toEqual({ urgency: "late", words: "超时 5\u00a0分" });
  });

  it("count in two units", () => {
    expect(lasting(516)).toBe("8\u00a0分 36\u00a0秒");
    expect(lasting(7500)).toBe("2\u00a0小时 5\u00a0分");
  });
});

describe("words", () => {
  it("speak English on an English page, every one of them", () => {
    document.documentElement.lang = "en";
    for (const text of known()) expect(say(text), text).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

describe("live parts", () => {
  it("change in place and leave the rest alone", () => {
    document.body.innerHTML = `<p id="a" data-live>1</p><p id="b">1</p>`;
    const kept = document.getElementById("a");
    expect(patch(`<p id="a" data-live>2</p><p id="b">2</p>`)).toBe(1);
    expect(document.getElementById("a")).toBe(kept);
    expect(document.body.textContent).toBe("21");
  });

  it("keep focus, what is being typed, and opened details", () => {
    document.body.innerHTML = `<div id="a" data-live><details open><summary>x</summary></details><form><input id="i" value=""></form><b>1</b></div>`;
    const input = document.getElementById("i") as HTMLInputElement;
    input.focus();
    input.value = "半句";
    patch(`<div id="a" data-live><details><summary>x</summary></details><form><input id="i" value=""></form><b>2</b></div>`);
    expect(document.activeElement).toBe(input);
    expect(input.value).toBe("半句");
    expect(document.querySelector("details")?.open).toBe(true);
    expect(document.querySelector("b")?.textContent).toBe("2");
  });

  it("count nothing when nothing changed", () => {
    document.body.innerHTML = `<p id="a" data-live>1</p>`;
    expect(patch(`<p id="a" data-live>1</p>`)).toBe(0);
  });
});
