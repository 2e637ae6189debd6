type Child = Node | string | number | null | undefined | false;

/** Makes an element: el('button.primary', {onclick}, 'text'). Text is never parsed as HTML. */
export function el<K extends keyof HTMLElementTagNameMap = 'div'>(spec: K | `${K}.${string}`, props: Record<string, unknown> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = spec.split('.');
  const e = document.createElement(tag as K);
  if (classes.length) e.className = classes.join(' ');
  for (const [k, v] of Object.entries(props)) {
    if (k === 'data') Object.assign(e.dataset, v);
    else if (k === 'style') Object.assign((e as HTMLElement).style, v);
    else if (k.startsWith('aria')) e.setAttribute(k.replace('aria', 'aria-').toLowerCase(), String(v));
    else (e as unknown as Record<string, unknown>)[k] = v;
  }
  e.append(...children.filter((c): c is Node | string | number => c !== null && c !== undefined && c !== false).map((c) => (typeof c === 'number' ? String(c) : c)));
  return e;
}

/** Makes e's children these, in this order, and leaves those where they are that stay. */
export const place = (e: Element, ...children: (Node | false)[]): void => {
  const stay = new Set<Node | false>(children);
  let at = e.firstChild;
  for (const c of children) {
    if (!c) continue;
    while (at && !stay.has(at)) { const next: ChildNode | null = at.nextSibling; at.remove(); at = next; }
    if (c === at) at = at.nextSibling;
    else e.insertBefore(c, at);
  }
  while (at) { const next: ChildNode | null = at.nextSibling; at.remove(); at = next; }
};

export const fill = (e: Element, ...children: Child[]): void => {
  e.replaceChildren(...children.filter((c): c is Node | string | number => c !== null && c !== undefined && c !== false).map((c) => (typeof c === 'number' ? String(c) : c)));
};
