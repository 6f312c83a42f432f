// The sums of a draft and its lines while somebody types: asked of the server, which works them out as saving would.
const form = document.querySelector("#invoice_form");
const lines = document.querySelector("#lines-group");
if (form && lines && /\/(\d+\/change|add)\/$/.test(location.pathname) && lines.querySelector("[name$='-unit_price']")) {
  const box = document.createElement("p");
  box.className = "hf-totals";
  box.setAttribute("aria-live", "polite");
  lines.after(box);
  let waiting = 0;
  let asked = 0;

  const show = (answer) => {
    box.replaceChildren();
    for (const { label, value } of answer.sums) {
      const name = document.createElement("span");
      const sum = document.createElement("strong");
      name.textContent = label;
      sum.textContent = value;
      box.append(name, " ", sum, " ");
    }
    if (answer.note) box.append(answer.note);
    // What a line comes to stands in it; a line that is not finished comes to nothing yet.
    for (const field of lines.querySelectorAll("[name$='-unit_price']")) {
      const number = /^lines-(\d+)-/.exec(field.name)?.[1];
      if (number === undefined) continue;
      for (const part of ["net", "tax"]) {
        const cell = field.closest("tr").querySelector(`.field-shown_${part}`);
        const shown = cell?.querySelector(".readonly") ?? cell?.firstElementChild ?? cell;
        if (shown) shown.textContent = answer.lines[number]?.[part] ?? "–";
      }
    }
  };

  const ask = async () => {
    const number = ++asked;
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    try {
      const answer = await fetch(location.pathname.replace(/change\/$/, "").replace(/$/, "totals/"), {
        method: "POST", body: new URLSearchParams(body), credentials: "same-origin",
      });
      // A later question may have been answered sooner.
      if (answer.ok && number === asked) show(await answer.json());
    } catch { /* away for a moment: saving works it out anyway */ }
  };

  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 300); });
  form.addEventListener("change", () => { clearTimeout(waiting); waiting = setTimeout(ask, 300); });
  ask();
}
