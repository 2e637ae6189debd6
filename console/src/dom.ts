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

export const fill = (e: Element, ...children: Child[]): void => {
  e.replaceChildren(...children.filter((c): c is Node | string | number => c !== null && c !== undefined && c !== false).map((c) => (typeof c === 'number' ? String(c) : c)));
};
