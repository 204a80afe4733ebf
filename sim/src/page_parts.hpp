// SPDX-License-Identifier: BSL-1.0
//
// The fixed parts of the page with the picture of a failure: its style and its script. The script
// draws what stands as JSON in the element "data"; page.cpp says what that is. All text goes in by
// textContent.
#pragma once

namespace heddle::sim::detail {

inline constexpr const char* page_style = R"css(
:root { color-scheme: light dark;
  --back: #ffffff; --text: #1d2430; --soft: #667085; --line: #e2e6ec; --panel: #f7f8fa;
  --mark: #d9480f; --bad: #c92a2a; --gap: #eef0f4; --tip: #1d2430; --tiptext: #ffffff; }
@media (prefers-color-scheme: dark) { :root {
  --back: #14171d; --text: #e6e9ef; --soft: #98a2b3; --line: #2b313c; --panel: #1b1f27;
  --mark: #ff922b; --bad: #ff6b6b; --gap: #20252e; --tip: #e6e9ef; --tiptext: #14171d; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 28px 32px 60px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 28px 0 8px; }
p { margin: 4px 0; } .soft { color: var(--soft); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px;
  overflow-x: auto; margin: 8px 0; white-space: pre; }
pre.message { border-left: 4px solid var(--bad); white-space: pre-wrap; overflow-wrap: anywhere; }
ol.deviations { list-style: none; margin: 8px 0; padding: 0; }
ol.deviations li { display: flex; gap: 10px; align-items: baseline; padding: 5px 8px; border-radius: 6px; }
ol.deviations li:hover, ol.deviations li.on { background: var(--panel); }
.badge { flex: none; width: 20px; height: 20px; border-radius: 10px; background: var(--mark); color: #fff;
  font: 600 12px/20px system-ui, sans-serif; text-align: center; }
.place { color: var(--soft); font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
#picture { display: flex; margin: 10px 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; background: var(--panel); }
#names { flex: none; max-width: 260px; border-right: 1px solid var(--line); background: var(--back); }
#names div { padding: 0 14px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 13px; }
#names .title { font-weight: 600; } #names .fails { color: var(--bad); }
#scroll { overflow-x: auto; flex: 1; }
svg { display: block; } svg text { font: 11px ui-monospace, "DejaVu Sans Mono", monospace; }
.time { fill: var(--soft); } .divide { stroke: var(--line); } .track { stroke: var(--line); }
.gap { fill: var(--gap); } .step rect { rx: 5; } .step text { fill: #fff; text-anchor: middle; pointer-events: none; }
.step { cursor: default; } .step.marked > rect { stroke: var(--mark); stroke-width: 3; }
.step .number { fill: var(--mark); } .step .number + text { font-weight: 700; font-size: 10px; }
.step.last > rect { stroke: var(--bad); stroke-width: 3; } .fails-text { fill: var(--bad); font-weight: 700; }
.took { fill: var(--mark); }
.arrow { fill: none; stroke: var(--soft); stroke-width: 1.2; opacity: .45; }
.arrow.on { stroke: var(--text); stroke-width: 2; opacity: 1; } .head { fill: var(--soft); }
.step.on > rect { filter: brightness(1.25); stroke: var(--text); stroke-width: 2; }
#tip { position: fixed; pointer-events: none; display: none; max-width: 420px; padding: 8px 11px; border-radius: 7px;
  background: var(--tip); color: var(--tiptext); font-size: 13px; line-height: 1.45; z-index: 2; white-space: pre-line;
  overflow-wrap: anywhere; box-shadow: 0 4px 16px rgba(0,0,0,.25); }
table { border-collapse: collapse; } td, th { text-align: left; padding: 3px 16px 3px 0; vertical-align: baseline; }
th { color: var(--soft); font-weight: 500; } td.none { color: var(--bad); font-weight: 600; }
)css";

inline constexpr const char* page_script = R"js(
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
if (!data.runs.length) return;
const column = 50, row = 40, head = 46, box = 40, tall = 24, below = 14, space = "http://www.w3.org/2000/svg";
const make = (name, attributes, parent, text) => {
  const node = document.createElementNS(space, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
};
const colour = track => track === 0 ? "#6b7686" : `hsl(${40 + (track * 173 + 90) % 280} 52% 38%)`;  // no red
// Only tracks on which something is shown.
const used = [...new Set(data.rows.flat().filter(Boolean).map(step => step.track))].sort((a, b) => a - b);
const lines = used.filter(t => t !== 0).concat(used.includes(0) ? [0] : []);
const height = head + lines.length * row + below, width = data.rows.length * column + 16;
const names = document.getElementById("names"), scroll = document.getElementById("scroll");
const picture = make("svg", {width, height: height * data.runs.length, role: "img"}, scroll);
const tip = document.getElementById("tip");
const groups = data.rows.map(() => []);
const defs = make("defs", {}, picture);
const tipEnd = make("marker", {id: "end", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto"}, defs);
make("path", {d: "M0 0L8 4L0 8z", class: "head"}, tipEnd);
const words = step => [
  step.what + (step.place ? "\n" + step.place : ""), "at " + step.time + ", step " + step.number,
  step.took ? "took " + step.took : "", step.marks.map(i => data.deviations[i].text).join("\n"),
  step.by ? "scheduled by step " + step.by + (step.from ? ": " + step.from : "") : "scheduled from outside of the loop",
].filter(Boolean).join("\n");
const show = (event, step) => {
  tip.textContent = words(step);
  tip.style.display = "block";
  const x = Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 12);
  const y = event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18;
  tip.style.left = Math.max(8, x) + "px"; tip.style.top = Math.max(8, y) + "px";
};
data.runs.forEach((run, side) => {
  const top = side * height, centre = track => top + head + lines.indexOf(track) * row + row / 2 - 4;
  const title = document.createElement("div");
  title.className = "title" + (run.fails ? " fails" : "");
  title.style.cssText = `height:${head - 4}px;line-height:${head - 8}px`;
  title.textContent = run.title; title.title = run.title;
  names.append(title);
  for (const track of lines) {
    const name = document.createElement("div");
    name.style.cssText = `height:${row}px;line-height:${row}px`;
    name.textContent = data.tracks[track]; name.title = data.tracks[track];
    names.append(name);
    make("line", {x1: 0, x2: width, y1: centre(track), y2: centre(track), class: "track"}, picture);
  }
  const foot = document.createElement("div");
  foot.style.height = below + 4 + "px";
  names.append(foot);
  if (side) make("line", {x1: 0, x2: width, y1: top, y2: top, class: "divide"}, picture);
  const arrows = make("g", {}, picture), steps = make("g", {}, picture), places = new Map();
  let now = null, free = 0;
  data.rows.forEach((pair, i) => {
    const step = pair[side], x = 8 + i * column;
    if (!step) {
      picture.insertBefore(make("rect", {x, y: top + 26, width: column, height: height - 26 - 4, class: "gap"}), arrows);
      return;
    }
    if (step.time !== now) {
      now = step.time;
      make("line", {x1: x, x2: x, y1: top + 26, y2: top + height - 4, class: "divide"}, arrows);
      if (x >= free) {
        make("text", {x: x + 5, y: top + 20, class: "time"}, picture, now);
        free = x + 14 + now.length * 7;
      }
    }
    const y = centre(step.track), middle = x + column / 2;
    const group = make("g", {class: "step" + (step.marks.length ? " marked" : "") + (step.last ? " last" : "")}, steps);
    make("rect", {x: middle - box / 2, y: y - tall / 2, width: box, height: tall, fill: colour(step.track)}, group);
    make("text", {x: middle, y: y + 4}, group, step.short);
    if (step.marks.length) {
      make("circle", {cx: middle - box / 2 + 2, cy: y - tall / 2, r: 8, class: "number"}, group);
      make("text", {x: middle - box / 2 + 2, y: y - tall / 2 + 3.5}, group, step.marks[0] + 1);
    }
    if (step.took) make("text", {x: middle - box / 2, y: y + tall / 2 + 12, class: "took", style: "text-anchor:start;fill:var(--mark)"}, group, "took " + step.took);
    if (step.last) make("text", {x: middle, y: y - tall / 2 - 6, class: "fails-text", style: "fill:var(--bad)"}, group, "fails");
    places.set(step.number, {x: middle, y, track: step.track});
    const entry = {group, step, arrows: []};
    const from = places.get(step.by);
    if (from && from.track !== step.track) {
      const start = from.x + box / 2, end = middle - box / 2 - 2, bend = Math.max(14, (end - start) / 2);
      entry.arrows.push(make("path", {d: `M${start} ${from.y}C${start + bend} ${from.y} ${end - bend} ${y} ${end} ${y}`, class: "arrow", "marker-end": "url(#end)"}, arrows));
    }
    groups[i].push(entry);
    const light = on => groups[i].forEach(each => {
      each.group.classList.toggle("on", on);
      each.arrows.forEach(arrow => arrow.classList.toggle("on", on));
    });
    group.addEventListener("mousemove", event => show(event, step));
    group.addEventListener("mouseenter", () => light(true));
    group.addEventListener("mouseleave", () => { light(false); tip.style.display = "none"; });
  });
});
document.querySelectorAll("ol.deviations li").forEach((item, which) => {
  const marked = groups.flat().filter(entry => entry.step.marks.includes(which));
  item.addEventListener("mouseenter", () => marked.forEach(entry => entry.group.classList.add("on")));
  item.addEventListener("mouseleave", () => marked.forEach(entry => entry.group.classList.remove("on")));
});
// Begin where the runs part.
const parting = data.rows.findIndex(pair => !pair[0] || (data.runs[1] && !pair[1]) || pair[0].marks.length);
scroll.scrollLeft = Math.max(0, (parting - 4) * column);
})();
)js";

}  // namespace heddle::sim::detail
