/** Makes an element of a drawing. */
export function svg(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  e.append(...children);
  return e;
}

/** Ticks of a scale: about n round numbers from lo to hi. */
export function ticks(lo: number, hi: number, n: number): number[] {
  const raw = (hi - lo) / Math.max(1, n), ten = 10 ** Math.floor(Math.log10(raw || 1)), step = [1, 2, 5, 10].map((k) => k * ten).find((k) => k >= raw) ?? 10 * ten, list: number[] = [];
  for (let v = Math.ceil(lo / step) * step; v <= hi + 1e-9; v += step) list.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return list;
}
