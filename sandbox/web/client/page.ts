/** Value of one field of a form, by its name. */
export type Field = (name: string) => string;

export function byId(id: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`#${id}`);
  if (!found) throw new Error(`The page has no #${id}`);
  return found;
}

export function form(id: string): HTMLFormElement {
  const found = byId(id);
  if (!(found instanceof HTMLFormElement)) throw new Error(`#${id} is no form`);
  return found;
}

export function onSubmit(id: string, act: (field: Field) => void): void {
  const submitted = form(id);
  submitted.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(submitted);
    act((name) => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    });
  });
}
