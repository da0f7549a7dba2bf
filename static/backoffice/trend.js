// Added and left, day by day; a day opens the list of those who were added.

window.addEventListener("load", () => {
  const canvas = document.getElementById("trend");
  if (!canvas) return;
  const days = JSON.parse(document.getElementById("trend-days").textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  new Chart(canvas, {
    data: {
      labels: days.labels,
      datasets: [
        {
          type: "bar",
          label: canvas.dataset.added,
          data: days.added,
          backgroundColor: colour("--color-primary-500"),
          borderRadius: 4,
          maxBarThickness: 28,
          order: 2,
        },
        {
          type: "line",
          label: canvas.dataset.left,
          data: days.left,
          borderColor: colour("--bad"),
          backgroundColor: colour("--bad"),
          borderWidth: 2,
          pointRadius: 3,
          tension: 0.3,
          order: 1,
        },
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      onClick: (_event, found) => {
        if (found.length) window.location.assign(days.links[found[0].index]);
      },
      onHover: (event, found) => {
        event.native.target.style.cursor = found.length ? "pointer" : "default";
      },
      plugins: {
        legend: { align: "end", labels: { boxHeight: 8, boxWidth: 8, usePointStyle: true } },
      },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 12 } },
        y: {
          beginAtZero: true,
          border: { display: false },
          grid: { color: colour("--line") },
          ticks: { precision: 0, maxTicksLimit: 6 },
        },
      },
    },
  });
});
