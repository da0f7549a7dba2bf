// The referral tree. A point opens its branch, which is fetched then; a name opens the
// person. So many points are drawn at once; before there are more, what was opened
// longest ago is folded again.

const MOST = 300;
const ROW = 30; // pixels
const box = document.getElementById("tree");
const told = box && JSON.parse(document.getElementById("tree-told").textContent);
const wrong = document.querySelector(".report-tree-wrong");
const narrow = window.matchMedia("(max-width: 767px)");

function draw(echarts) {
  const chart = echarts.init(box, null, { renderer: "svg", width: 10, height: 10 });
  const root = { ...told.top, above: null };
  let opened = []; // longest ago first
  let points = []; // as they were drawn last
  keep(root, told.top.branch);
  show(root);
  paint();

  chart.on("click", async (event) => {
    const point = points[event.data.at];
    const onName = /text|tspan|rect/.test(event.event.target.type);
    const page = point.page ?? (onName && point.person);
    if (page) window.location.assign(page);
    else if (point.opens) await toggle(point);
  });
  narrow.addEventListener("change", paint);
  window.addEventListener("resize", paint);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["class"] });

  async function toggle(point) {
    if (point.below) return fold(point);
    if (!point.kept && !(await fetched(point))) return;
    for (const other of [...opened]) {
      if (count(root) + point.kept.length <= MOST) break;
      if (!isAbove(other, point)) fold(other, false);
    }
    show(point);
    paint();
  }

  async function fetched(point) {
    wrong.hidden = true;
    try {
      const answer = await fetch(told.drawn.replace("/0/", `/${point.id}/`));
      if (!answer.ok) throw new Error(answer.status);
      keep(point, await answer.json());
      return true;
    } catch {
      wrong.textContent = told.failed;
      wrong.hidden = false;
      return false;
    }
  }

  function show(point) {
    point.below = point.kept;
    opened.push(point);
  }

  function fold(point, thenPaint = true) {
    point.below = null;
    opened = opened.filter((each) => each !== point && !isAbove(point, each));
    forget(point);
    if (thenPaint) paint();
  }

  function paint() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const column = narrow.matches ? 168 : 210;
    points = [];
    const height = Math.max(leaves(root) * ROW, 120) + 32;
    const wanted = depth(root) * column + 40;
    const width = Math.max(box.parentElement.clientWidth, wanted);
    chart.resize({ width, height });
    box.style.width = `${width}px`;
    box.style.height = `${height}px`;
    chart.setOption(
      {
        animation: false,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
        tooltip: { confine: true, formatter: (item) => tip(points[item.data.at], echarts) },
        series: {
          type: "tree",
          data: [drawn(root)],
          top: 16,
          bottom: 16,
          left: 24,
          right: column - 24 + width - wanted,
          orient: "LR",
          roam: false,
          expandAndCollapse: false,
          initialTreeDepth: -1,
          edgeShape: "curve",
          lineStyle: { color: colour("--line"), width: 1.5 },
          emphasis: { disabled: true },
          label: {
            position: "right",
            distance: 6,
            backgroundColor: colour("--ground"),
            padding: [3, 4],
            rich: {
              name: { color: colour("--accent"), fontSize: 13 },
              plain: { color: colour("--text"), fontSize: 13 },
              many: { color: colour("--soft"), fontSize: 12 },
            },
          },
          itemStyle: { borderColor: colour("--accent"), borderWidth: 1.5 },
        },
      },
      true,
    );

    function drawn(point) {
      const closed = point.opens && !point.below;
      return {
        at: points.push(point) - 1,
        name: point.name,
        symbol: "circle",
        symbolSize: point.opens ? 10 + Math.min(Math.log2((point.total ?? 0) + 1), 10) : 7,
        itemStyle: point.opens
          ? { color: closed ? colour("--accent") : colour("--ground") }
          : { color: colour("--line"), borderColor: colour("--soft") },
        label: { formatter: words(point, column) },
        cursor: point.opens || point.page ? "pointer" : "default",
        children: (point.below ?? []).map(drawn),
      };
    }
  }
}

function keep(point, branch) {
  point.kept = branch.points.map((each) => ({ ...each, above: point }));
  if (branch.more) {
    const page = point.id ? `${told.helpers}?invite=${point.id}` : told.all;
    point.kept.push({ name: told.more, page, above: point });
  }
}

function forget(point) {
  for (const each of point.kept ?? []) {
    each.below = null;
    forget(each);
  }
}

function isAbove(point, other) {
  for (let each = other.above; each; each = each.above) if (each === point) return true;
  return false;
}

const count = (point) => 1 + (point.below ?? []).reduce((all, each) => all + count(each), 0);
const leaves = (point) => (point.below?.length ? point.below.reduce((all, each) => all + leaves(each), 0) : 1);
const depth = (point) => 1 + Math.max(0, ...(point.below ?? []).map(depth));

function words(point, column) {
  const most = Math.floor((column - 80) / 13);
  const letters = Array.from(point.name);
  const short = letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : point.name;
  const plain = short.replace(/[{}|]/g, " ");
  const name = point.person || point.page ? `{name|${plain}}` : `{plain|${plain}}`;
  return point.total === undefined ? name : `${name} {many|${point.direct} / ${point.total}}`;
}

function tip(point, echarts) {
  const name = echarts.format.encodeHTML(point.name);
  if (point.total === undefined) return name;
  return `${name}<br>${told.direct} ${point.direct}<br>${told.total} ${point.total}`;
}

if (box) draw(await import(box.dataset.echarts));
