// An element with its properties and what is in it: before the scripts of a gr.HTML that make their part of the page.
const made = (tag, properties = {}, ...children) => {
  const one = Object.assign(document.createElement(tag), properties);
  one.append(...children);
  return one;
};
