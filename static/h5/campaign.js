// The clock of a campaign, and a second look for a poster that is being made. Written
// for old browsers inside WeChat: nothing newer than they know.

(function () {
  var clock = document.querySelector("[data-until]");
  if (clock) {
    var until = new Date(clock.getAttribute("data-until")).getTime();
    var shown = clock.querySelector("b");
    var two = function (number) {
      return number < 10 ? "0" + number : String(number);
    };
    var tick = function () {
      var left = Math.floor((until - Date.now()) / 1000);
      if (isNaN(left)) return;
      if (left <= 0) {
        clock.textContent = clock.getAttribute("data-over");
        return;
      }
      var days = Math.floor(left / 86400);
      var hours = Math.floor((left % 86400) / 3600);
      var minutes = Math.floor((left % 3600) / 60);
      var text = two(hours) + ":" + two(minutes) + ":" + two(left % 60);
      shown.textContent = days ? days + " " + clock.getAttribute("data-day") + " " + text : text;
      setTimeout(tick, 1000);
    };
    clock.firstChild.textContent = clock.getAttribute("data-left");
    tick();
  }
  if (document.querySelector("[data-again]")) {
    setTimeout(function () {
      location.reload();
    }, 8000);
  }
})();
