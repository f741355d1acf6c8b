// Lines of audiences over time. The same numbers stand in a table beside each.
document.querySelectorAll("[data-growth]").forEach(function (place) {
  var points = JSON.parse(place.dataset.growth);
  var chart = echarts.init(place, null, { renderer: "canvas" });
  function line(name, key, colour) {
    return {
      name: name, type: "line", showSymbol: points.length < 30, connectNulls: true, color: colour,
      data: points.map(function (point) { return [point.at, point[key]]; })
    };
  }
  function draw() {
    var style = getComputedStyle(document.documentElement);
    var text = style.getPropertyValue("--tblr-secondary"), grid = style.getPropertyValue("--side-line");
    function colour(name) { return style.getPropertyValue(name).trim(); }
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: { trigger: "axis", renderMode: "richText" },
      legend: { bottom: 0, textStyle: { color: text } },
      grid: { left: 8, right: 16, top: 16, bottom: place.clientWidth < 420 ? 64 : 40, containLabel: true },
      xAxis: { type: "time", axisLabel: { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: grid } } },
      yAxis: { type: "value", axisLabel: { color: text }, splitLine: { lineStyle: { color: grid } } },
      series: [
        line("Sent so far", "told", colour("--blue")), line("Matched", "matched", colour("--green")),
        line("Audience size", "size", colour("--yellow"))
      ]
    }, true);
  }
  draw();
  addEventListener("resize", function () { chart.resize(); });
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
});
