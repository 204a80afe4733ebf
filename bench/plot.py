# SPDX-License-Identifier: BSL-1.0
"""Two kinds of picture, written as SVG by hand: no library is needed."""
import html
import math

COLOURS = ["#c0392b", "#2c3e50", "#2980b9", "#27ae60", "#8e44ad", "#e67e22", "#7f8c8d", "#16a085", "#d4ac0d", "#34495e"]


class Drawing:
    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def line(self, x1, y1, x2, y2, colour="#ccc", width=1, dashes=None):
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{colour}" stroke-width="{width}"{dash}/>')

    def text(self, x, y, text, anchor="start", size=12, colour="#222"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
                          f'fill="{colour}">{html.escape(text)}</text>')

    def dot(self, x, y, colour, radius=4.0):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="0.85"/>')

    def __str__(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" height="{self.height:.0f}" '
                f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
                + "\n".join(self.parts) + "</svg>\n")


def decades(low, high):
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def ratios(rows, title, bar, machine):
    """rows: [(name, {side: ratio})]; a line at 1 and one at `bar`."""
    if not rows:
        return str(Drawing(400, 40))
    values = [value for _, sides in rows for value in sides.values()]
    exponents = decades(min(values), max(max(values), 1.0))
    left, right, top, step = 190, 30, 70, 20
    drawing = Drawing(900, top + step * len(rows) + 50)
    across = drawing.width - left - right

    def x(value):
        return left + across * (math.log10(value) - exponents[0]) / (exponents[-1] - exponents[0])

    bottom = top + step * len(rows)
    for exponent in exponents:
        drawing.line(x(10.0**exponent), top - 8, x(10.0**exponent), bottom)
        drawing.text(x(10.0**exponent), bottom + 16, f"{10.0**exponent:g}", "middle", 11)
    drawing.line(x(1.0), top - 8, x(1.0), bottom, "#222")
    drawing.line(x(bar), top - 8, x(bar), bottom, "#c0392b", 1, "4 3")
    drawing.text(left, 20, title, size=14)
    names = []
    for _, sides in rows:
        names += [side for side in sides if side not in names]
    for index, name in enumerate(names):
        drawing.dot(left + index * 100, 40, COLOURS[index % len(COLOURS)])
        drawing.text(left + 8 + index * 100, 44, name, size=11)
    for index, (name, sides) in enumerate(rows):
        y = top + step * index + step / 2
        drawing.line(left, y, left + across, y, "#eee")
        drawing.text(left - 8, y + 4, name, "end")
        for side, value in sides.items():
            drawing.dot(x(value), y, COLOURS[names.index(side) % len(COLOURS)], 5.5 if side == "heddle" else 4.0)
    drawing.text(left, bottom + 38, "; ".join(f"{key}: {text}" for key, text in machine.items())[:150], size=9)
    return str(drawing)


def growth(series, title, machine):
    """series: [(name, [(size, cost)])], each in a field of its own, with n log n to compare with."""
    columns, field_width, field_height, top = 4, 230, 170, 50
    lines = -(-len(series) // columns)
    drawing = Drawing(columns * field_width + 20, top + lines * field_height + 30)
    drawing.text(10, 22, title, size=14)
    drawing.text(10, 38, "dashed: what the first size would cost at n log n", size=10)
    for index, (name, points) in enumerate(series):
        left = 10 + index % columns * field_width + 40
        head = top + index // columns * field_height + 18
        wide, high = field_width - 60, field_height - 50
        expected = [(size, points[0][1] * max(1.0, math.log2(size) / max(1.0, math.log2(points[0][0]))))
                    for size, _ in points]
        costs = [cost for _, cost in points] + [cost for _, cost in expected]
        sizes = decades(points[0][0], points[-1][0])
        ranks = decades(min(costs), max(costs))
        across = max(1, sizes[-1] - sizes[0])
        along = max(1, ranks[-1] - ranks[0])

        def at(size, cost):
            return (left + wide * (math.log10(size) - sizes[0]) / across,
                    head + high - high * (math.log10(cost) - ranks[0]) / along)

        drawing.text(left, head - 5, name, size=11)
        for exponent in sizes:
            drawing.line(*at(10.0**exponent, 10.0**ranks[0]), *at(10.0**exponent, 10.0**ranks[-1]), "#eee")
            drawing.text(at(10.0**exponent, 1)[0], head + high + 12, f"1e{exponent}", "middle", 9)
        for exponent in ranks:
            drawing.line(*at(10.0**sizes[0], 10.0**exponent), *at(10.0**sizes[-1], 10.0**exponent), "#eee")
            drawing.text(left - 4, at(1, 10.0**exponent)[1] + 3, f"1e{exponent}", "end", 9)
        for curve, colour, dashes in ((expected, "#999", "3 3"), (points, COLOURS[0], None)):
            for (size, cost), (next_size, next_cost) in zip(curve, curve[1:]):
                drawing.line(*at(size, cost), *at(next_size, next_cost), colour, 1.5, dashes)
        for size, cost in points:
            drawing.dot(*at(size, cost), COLOURS[0], 2.5)
    drawing.text(10, drawing.height - 10, "; ".join(f"{key}: {text}" for key, text in machine.items())[:150], size=9)
    return str(drawing)
