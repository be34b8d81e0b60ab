/**
 * XLSForm on the phone: evaluates the trees that the server compiled (anlan.fieldwork.expressions), with the same
 * meaning: answers are texts, "" where there is none; numbers as XPath 1.0 has them; dates count as days since 1970.
 */
export type Tree = unknown[];
export type Value = string | number | boolean | string[];

export interface Question {
  name: string;
  type: string;
  label?: string;
  label_en?: string;
  hint?: string;
  hint_en?: string;
  required?: boolean | Tree;
  required_message?: string;
  relevant?: Tree;
  constraint?: Tree;
  constraint_message?: string;
  calculation?: Tree;
  default?: string;
  default_from?: Tree;
  list?: string;
  filter?: Tree;
  read_only?: boolean;
  children?: Question[];
}

export type Choice = Record<string, string> & { name: string };

export interface Form {
  id: string;
  title: string;
  code?: string;
  number: number;
  version: string;
  questions: Question[];
  choices: Record<string, Choice[]>;
}

/** Answers of one level: a text, a list of names, a point, or entries of a repeat. */
export type Answers = Record<string, unknown>;

export interface Env {
  answers: Record<string, Value>;
  own: string;
  columns: Record<string, string>;
  position: number;
  now: Date;
}

const NUMBER = /^-?\d{1,300}(\.\d{1,300})?$|^-?\.\d{1,300}$/;
const DAY = 86_400_000;

export function number(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const said = text(value).trim();
  if (NUMBER.test(said)) return Number(said);
  if (/^\d{4}-\d\d-\d\d$/.test(said)) return Date.parse(`${said}T00:00:00Z`) / DAY;
  if (/^\d{4}-\d\d-\d\dT/.test(said)) return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(said) ? said : `${said}Z`) / DAY;
  return NaN;
}

export function text(value: Value): string {
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return Number.isNaN(value) ? "NaN" : String(value);
  if (Array.isArray(value)) return value.length ? text(value[0] ?? "") : "";
  return value;
}

export function truth(value: Value): boolean {
  if (typeof value === "number") return value !== 0 && !Number.isNaN(value);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function equal(a: Value, b: Value): boolean {
  if (typeof a === "boolean" || typeof b === "boolean") return truth(a) === truth(b);
  if (typeof a === "number" || typeof b === "number") return number(a) === number(b);
  return text(a) === text(b);
}

const RECKON: Record<string, (a: number, b: number) => Value> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
};

const words = (value: Value): string[] => text(value).split(/\s+/).filter(Boolean);
const whole = (value: Value): number => Math.trunc(number(value));

function rounded(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  const scale = 10 ** (Number.isFinite(places) ? Math.trunc(Math.min(Math.max(places, -15), 15)) : 0);
  return Math.floor(value * scale + 0.5) / scale;
}

const FUNCTIONS: Record<string, (...a: Value[]) => Value> = {
  selected: (a = "", b = "") => words(a).indexOf(text(b)) >= 0,
  "count-selected": (a = "") => words(a).length,
  "string-length": (a = "") => Array.from(text(a)).length,
  regex: (a = "", b = "") => new RegExp(text(b)).test(text(a)),
  coalesce: (a = "", b = "") => (text(a) !== "" ? a : b),
  not: (a = "") => !truth(a),
  concat: (...many) => many.map(text).join(""),
  round: (a = "", b = 0) => rounded(number(a), number(b)),
  int: (a = "") => whole(a),
  number: (a = "") => number(a),
  string: (a = "") => text(a),
  contains: (a = "", b = "") => text(a).indexOf(text(b)) >= 0,
  "starts-with": (a = "", b = "") => text(a).startsWith(text(b)),
  substr: (a = "", ...ends) => {
    const [from = 0, to] = ends.map((e) => Math.max(whole(e) || 0, 0));
    return Array.from(text(a)).slice(from, to).join("");
  },
};

function summed(name: string, values: Value[]): Value {
  const flat = values.reduce<Value[]>((all, one) => all.concat(Array.isArray(one) ? one : [one]), []).filter((one) => text(one) !== "");
  if (name === "count") return flat.length;
  const numbers = flat.map(number);
  if (!numbers.length) return name === "sum" ? 0 : NaN;
  if (numbers.some(Number.isNaN)) return NaN;
  return name === "min" ? Math.min(...numbers) : name === "max" ? Math.max(...numbers) : numbers.reduce((a, b) => a + b, 0);
}

const two = (n: number): string => String(n).padStart(2, "0");
const day = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

export function evaluate(tree: Tree, env: Env): Value {
  const [kind, first, second] = tree as [string, unknown, unknown];
  const part = (one: unknown): Value => evaluate(one as Tree, env);
  switch (kind) {
    case "lit": return first as Value;
    case "ref": return env.answers[first as string] ?? "";
    case "self": return env.own;
    case "col": return env.columns[first as string] ?? "";
    case "neg": return -number(part(first));
    case "and": return truth(part(first)) && truth(part(second));
    case "or": return truth(part(first)) || truth(part(second));
    case "call": return called(first as string, tree.slice(2), env);
    case "=": return equal(part(first), part(second));
    case "!=": return !equal(part(first), part(second));
    default: return RECKON[kind]?.(number(part(first)), number(part(second))) ?? "";
  } // prettier-ignore
}

function called(name: string, given: unknown[], env: Env): Value {
  const part = (one: unknown): Value => evaluate(one as Tree, env);
  switch (name) {
    case "if": return part(given[truth(part(given[0])) ? 1 : 2]);
    case "today": return day(env.now);
    case "now": return env.now.toISOString();
    case "position": return env.position;
    case "true": return true;
    case "false": return false;
  } // prettier-ignore
  const values = given.map(part);
  return FUNCTIONS[name] ? FUNCTIONS[name](...values) : summed(name, values);
}

// --- a form being filled in

/** What an expression sees of an answer. */
export function told(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value === "object") {
    const at = value as { lat?: number; lon?: number; accuracy?: number };
    return at.lat === undefined ? "" : `${at.lat} ${at.lon} 0 ${at.accuracy ?? 0}`;
  }
  return String(value);
}

const isEntries = (value: unknown): value is Answers[] => Array.isArray(value) && value.length > 0 && typeof value[0] === "object";

/** Answers as expressions ask for them: those inside a repeat as lists. */
export function asked(answers: Answers): Record<string, Value> {
  const found: Record<string, Value> = {};
  for (const [name, value] of Object.entries(answers)) {
    if (!isEntries(value)) {
      found[name] = told(value);
      continue;
    }
    for (const entry of value)
      for (const [inner, one] of Object.entries(entry)) {
        const held = found[inner];
        found[inner] = [...(Array.isArray(held) ? held : []), told(one)];
      }
    found[name] = value.map((_one, i) => String(i + 1));
  }
  return found;
}

export interface Wrong {
  path: string;
  code: "required" | "type" | "constraint";
  message: string;
}

/** One question as it stands: shown, with its choices. `path` is its name, or repeat/number/name. */
export interface Line {
  question: Question;
  path: string;
  value: unknown;
  choices: Choice[];
  required: boolean;
  depth: number;
}

export interface Filled {
  lines: Line[];
  kept: Answers;
  wrong: Wrong[];
}

/** Lay a form out over what was filled in: what is relevant, what follows, what is kept, what is wrong. */
export function fill(form: Form, said: Answers, now: Date): Filled {
  let kept: Answers = {};
  let made: Filled = { lines: [], kept: {}, wrong: [] };
  for (let round = 0; round < 5; round++) {
    made = { lines: [], kept: {}, wrong: [] };
    made.kept = level(form, form.questions, said, asked(kept), 0, "", made, now);
    if (JSON.stringify(made.kept) === JSON.stringify(kept)) break;
    kept = made.kept;
  }
  return made;
}

function level(form: Form, questions: Question[], said: Answers, outside: Record<string, Value>, entry: number, at: string, made: Filled, now: Date): Answers {
  const kept: Answers = {};
  for (const one of questions) {
    const answers = { ...outside };
    for (const [name, value] of Object.entries(kept)) if (!isEntries(value)) answers[name] = told(value);
    const env: Env = { answers, own: "", columns: {}, position: Math.max(entry, 1), now };
    if (one.relevant && !truth(evaluate(one.relevant, env))) continue;
    const path = at + one.name;
    const line: Line = { question: one, path, value: said[one.name], choices: [], required: false, depth: entry };
    if (one.type === "group") {
      made.lines.push(line);
      Object.assign(kept, level(form, one.children ?? [], said, answers, entry, at, made, now));
    } else if (one.type === "repeat") {
      const rows = (said[one.name] as Answers[] | undefined) ?? [];
      made.lines.push({ ...line, value: rows });
      kept[one.name] = rows.map((row, i) => level(form, one.children ?? [], row, answers, i + 1, `${path}/${i}/`, made, now));
    } else if (one.type === "calculate" || one.calculation) {
      const value = evaluate(one.calculation ?? ["lit", ""], env);
      kept[one.name] = typeof value === "number" && !Number.isFinite(value) ? "" : value;
      if (one.type !== "calculate") made.lines.push({ ...line, value: text(value) });
    } else {
      line.required = one.required === true || (Array.isArray(one.required) && truth(evaluate(one.required, env)));
      line.choices = (form.choices[one.list ?? ""] ?? []).filter((row) => !one.filter || truth(evaluate(one.filter, { ...env, columns: row })));
      if (line.value === undefined) line.value = one.default ?? (one.default_from ? text(evaluate(one.default_from, env)) : undefined);
      made.lines.push(line);
      if (one.type !== "note") answer(line, env, kept, made);
    }
  }
  return kept;
}

function answer(line: Line, env: Env, kept: Answers, made: Filled): void {
  const { question: one, path } = line;
  const value = line.value;
  const wrong = (code: Wrong["code"], message = ""): void => void made.wrong.push({ path, code, message });
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length)) {
    if (line.required) wrong("required", one.required_message);
    return;
  }
  const said = told(value);
  const names = line.choices.map((c) => c.name);
  const fits =
    one.type === "integer" ? /^\s*-?\d{1,15}\s*$/.test(said)
    : one.type === "decimal" ? /^\s*-?\d{1,15}(\.\d{1,10})?\s*$/.test(said)
    : one.type === "date" ? /^\d{4}-\d\d-\d\d$/.test(said)
    : one.type === "select_one" ? names.includes(said)
    : one.type === "select_multiple" ? words(said).every((n) => names.includes(n))
    : true; // prettier-ignore
  if (!fits) {
    if (one.type.startsWith("select")) line.value = one.type === "select_one" ? "" : words(said).filter((n) => names.includes(n));
    else return wrong("type");
    if (line.required && one.type === "select_one") wrong("required", one.required_message);
    if (one.type === "select_one") return;
  }
  const own = { ...env, own: said, answers: { ...env.answers, [one.name]: said } };
  if (one.constraint && !truth(evaluate(one.constraint, own))) wrong("constraint", one.constraint_message);
  kept[one.name] = one.type === "select_multiple" ? (Array.isArray(line.value) ? line.value : words(told(line.value))) : value;
}
