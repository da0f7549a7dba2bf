// What each model gives, side by side; a bar opens the conversions behind it.

window.addEventListener("load", () => {
  const canvas = document.getElementById("attribution");
  if (!canvas) return;
  const told = JSON.parse(document.getElementById("attribution-chart").textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const hues = [255, 200, 155, 95, 55, 20, 310];

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: told.labels.map((name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name)),
      datasets: told.series.map((series, number) => ({
        label: series.label,
        data: series.data,
        backgroundColor: `hsl(${hues[number]} 60% 55%)`,
        borderRadius: 2,
        maxBarThickness: 14,
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      onClick: (_event, found) => {
        const link = found.length && told.links[found[0].index];
        if (link) window.location.assign(link);
      },
      onHover: (event, found) => {
        event.native.target.style.cursor = found.length ? "pointer" : "default";
      },
      plugins: {
        legend: { align: "start", labels: { boxHeight: 8, boxWidth: 8, usePointStyle: true } },
        tooltip: { callbacks: { title: (items) => told.labels[items[0].dataIndex] } },
      },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 8 } },
        y: { beginAtZero: true, border: { display: false }, grid: { color: colour("--line") } },
      },
    },
  });
});
