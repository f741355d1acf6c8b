// Charts: <figure data-chart='{"x": [...], "series": {"Added": [...]}, "kind": "bar"}'>; with "time" every x is a moment. The same
// numbers stand in a table on the page, for those who do not see them. Tooltips are painted, since our policy takes no inline styles.
(function () {
  var all = [];
  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  // On an axis of time (milliseconds) every value has its moment beside it.
  function values(data, name) {
    return data.time ? data.series[name].map(function (value, n) { return [data.x[n], value]; }) : data.series[name];
  }
  function options(data) {
    var text = colour("--tblr-secondary"), line = colour("--chart-line");
    return {
      animation: false,
      color: (data.colours || ["blue", "green", "yellow", "red", "grey"]).map(function (name) { return colour("--" + name); }),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      legend: { type: "scroll", top: 0, left: 0, textStyle: { color: text } },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: data.time ? "time" : "category", data: data.time ? undefined : data.x,
               axisLabel: { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: line } } },
      yAxis: (data.right ? [true, false] : [true]).map(function (lined) {
        return { type: "value", minInterval: 1, axisLabel: { color: text }, splitLine: { show: lined, lineStyle: { color: line } } };
      }),
      series: Object.keys(data.series).map(function (name) {
        return { name: name, type: data.kind || "line", data: values(data, name), connectNulls: !!data.time, stack: data.stack ? "all" : undefined,
                 barMaxWidth: 28,
                 yAxisIndex: (data.right || []).indexOf(name) < 0 ? 0 : 1, showSymbol: data.x.length < 40 };
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
