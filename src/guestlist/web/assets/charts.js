// Charts: <figure data-chart='{"x": [...], "series": {"Added": [...]}, "kind": "bar"}'>. The same numbers stand in a
// table on the page, for those who do not see them. Tooltips are painted, since our policy takes no inline styles.
(function () {
  var all = [];
  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function options(data) {
    var text = colour("--tblr-secondary"), line = colour("--chart-line");
    return {
      animation: false,
      color: [colour("--blue"), colour("--green"), colour("--yellow"), colour("--red"), colour("--grey")],
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      legend: { type: "scroll", top: 0, left: 0, textStyle: { color: text } },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: "category", data: data.x, axisLabel: { color: text }, axisLine: { lineStyle: { color: line } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
      series: Object.keys(data.series).map(function (name) {
        return { name: name, type: data.kind || "line", data: data.series[name], stack: data.stack ? "all" : undefined,
                 barMaxWidth: 28, showSymbol: data.x.length < 40 };
      })
    };
  }
  document.querySelectorAll("[data-chart]").forEach(function (figure) {
    var data = JSON.parse(figure.dataset.chart);
    figure.hidden = false;
    var chart = echarts.init(figure);
    chart.setOption(options(data));
    all.push([chart, data]);
  });
  addEventListener("resize", function () { all.forEach(function (each) { each[0].resize(); }); });
  new MutationObserver(function () {
    all.forEach(function (each) { each[0].setOption(options(each[1])); });
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
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
