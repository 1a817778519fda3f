// How a component's script reaches its part of the page, and its server: for the start of a gr.HTML's `js_on_load`,
// which hands over `element` and `server`.
const find = (selector) => element.querySelector(selector);
const plural = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const problem = (sentence) => {
  for (const place of element.querySelectorAll(".si-trouble")) {
    place.textContent = sentence;
    place.hidden = !sentence;
  }
};

// Ask the server now; null, and a sentence, where it could not be done.
const ask_now = async (name, data) => {
  try {
    const answer = await server[name](data);
    if (answer && !answer.error) return answer;
    problem(answer?.error ?? "The page cannot reach its server: look whether it still runs, and reload the page.");
  } catch (error) {
    problem(`Something went wrong in the page (${error.message}): reload it.`);
  }
  return null;
};
// Ask it when everything before has been answered: a change builds on the one before. Null too where nothing is built.
let waiting = 0, line = Promise.resolve();
const ask = (name, build) => {
  waiting += 1;
  const asked = line.then(() => {
    const data = build();
    return data ? ask_now(name, data) : null;
  }).catch((error) => { problem(`Something went wrong in the page (${error.message}): reload it.`); return null; })
    .finally(() => { waiting -= 1; });
  line = asked;
  return asked;
};
addEventListener("beforeunload", (event) => { if (waiting && element.isConnected) event.preventDefault(); });
const with_picture = (blob, name, rest) => ({ binary: true, data: { ...rest, picture: new File([blob], name, { type: blob.type }) } });
