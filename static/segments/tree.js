// A rule as rows: each has a depth, groups stand before what is in them. And back.

const GROUPS = {
  all: (parts) => ({ all: parts }),
  any: (parts) => ({ any: parts }),
  none: (parts) => ({ not: { any: parts } }),
  not_all: (parts) => ({ not: { all: parts } }),
};
const PLACES = { all: "/all", any: "/any", none: "/not/any", not_all: "/not/all" };
const MONEY = ["money", "sum"];
let last = 0;

const isMoney = (of) => MONEY.includes(of?.kind);
const newGroup = (is, depth) => ({ id: ++last, is, depth });
const emptySlot = () => ({ value: "", first: "", last: "", how: "days", picked: [] });
const newLeaf = (depth) => ({ id: ++last, depth, field: "", op: "", options: {}, ...emptySlot() });

function rowsOf(rule, words, names) {
  const rows = [];
  const walk = (node, depth) => {
    const [is, parts] = groupOf(node);
    if (is) {
      rows.push(newGroup(is, depth));
      for (const part of parts) walk(part, depth + 1);
    } else {
      rows.push(leafOf(node, depth, words, names));
    }
  };
  walk(rule && groupOf(rule)[0] ? rule : { all: rule ? [rule] : [] }, 0);
  return rows;
}

function groupOf(node) {
  if (node.all) return ["all", node.all];
  if (node.any) return ["any", node.any];
  if (node.not?.any) return ["none", node.not.any];
  if (node.not?.all) return ["not_all", node.not.all];
  if (node.not) return ["none", [node.not]];
  return [null, []];
}

function leafOf(told, depth, words, names) {
  const row = newLeaf(depth);
  const word = words.find((each) => each.name === told.field);
  row.field = told.field;
  row.op = told.op;
  const shape = word?.ops.find((op) => op.name === told.op)?.shape;
  Object.assign(row, slotOf(told.value, shape, word, names));
  for (const option of word?.options ?? []) {
    if (!(option.name in told)) continue;
    row.options[option.name] = slotOf(told[option.name], option.shape, option, names);
  }
  return row;
}

function slotOf(value, shape, of, names) {
  const slot = emptySlot();
  const plain = (each) => String(isMoney(of) ? each / 100 : each);
  if (value === undefined || value === null) return slot;
  if (shape === "number") slot.value = plain(value);
  else if (shape === "yes_no") slot.value = value ? "yes" : "no";
  else if (shape === "numbers" || shape === "dates") [slot.first, slot.last] = value.map(plain);
  else if (shape === "within" && value.before) {
    Object.assign(slot, { how: "before", value: String(value.days), first: String(value.before) });
  } else if (shape === "within" && value.days) slot.value = String(value.days);
  else if (shape === "within") {
    Object.assign(slot, { how: "dates", first: value.from ?? "", last: value.to ?? "" });
  } else if (shape === "choices" || shape === "picks") {
    const known = new Map(of.choices.map(([id, text]) => [String(id), text]));
    slot.picked = value.map((id) => ({
      id,
      text: known.get(String(id)) ?? names[of.model]?.[id] ?? `#${id}`,
    }));
  } else slot.value = String(value);
  return slot;
}

// What a slot says, or undefined while it is not filled in.
function valueOf(slot, shape, of) {
  const number = (text) => {
    const read = text.trim().replace(/,/g, "");
    if (read === "" || Number.isNaN(Number(read))) return undefined;
    return isMoney(of) ? Math.round(Number(read) * 100) : read;
  };
  const both = (first, last) => (first === undefined || last === undefined ? undefined : [first, last]);
  const day = (text) => text || undefined;
  switch (shape) {
    case "none":
      return null;
    case "number":
      return number(slot.value);
    case "days":
      return number(slot.value);
    case "numbers":
      return both(number(slot.first), number(slot.last));
    case "yes_no":
      return slot.value ? slot.value === "yes" : undefined;
    case "dates":
      return both(day(slot.first), day(slot.last));
    case "choices":
    case "picks":
      return slot.picked.length ? slot.picked.map((pick) => pick.id) : undefined;
    case "within":
      if (slot.how !== "dates") {
        const days = number(slot.value);
        const before = slot.how === "before" ? number(slot.first) : null;
        if (days === undefined || before === undefined) return undefined;
        return before === null ? { days } : { days, before };
      }
      return slot.first || slot.last
        ? { from: slot.first || null, to: slot.last || null }
        : undefined;
    default:
      return slot.value.trim() || undefined;
  }
}

// The tree, which row stands at which place in it, and which rows are not filled in.
function treeOf(rows, words) {
  const places = {};
  const unfinished = [];
  const build = (at, place) => {
    const row = rows[at];
    places[place] = row.id;
    if (!row.is) return leaf(row);
    const parts = [];
    for (let next = at + 1; next < endOf(rows, at); next = endOf(rows, next)) {
      const part = build(next, `${place}${PLACES[row.is]}/${parts.length}`);
      if (part) parts.push(part);
    }
    return parts.length ? GROUPS[row.is](parts) : null;
  };
  const leaf = (row) => {
    const word = words.find((each) => each.name === row.field);
    const shape = word?.ops.find((op) => op.name === row.op)?.shape;
    const value = shape && valueOf(row, shape, word);
    const told = { field: row.field, op: row.op };
    let whole = value !== undefined;
    if (value !== null) told.value = value;
    for (const option of word?.options ?? []) {
      if (!(option.name in row.options)) continue;
      told[option.name] = valueOf(row.options[option.name], option.shape, option);
      whole &&= told[option.name] !== undefined;
    }
    if (whole) return told;
    unfinished.push(row.id);
    return null;
  };
  return { tree: rows.length ? build(0, "") : null, places, unfinished };
}

// Where what belongs to a row ends.
function endOf(rows, at) {
  let end = at + 1;
  while (end < rows.length && rows[end].depth > rows[at].depth) end += 1;
  return end;
}
