// Elements are made here and nowhere else: texts become text nodes, and nothing is parsed as HTML.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] What is no property of the element is an attribute.
 * @param {...(Node | string)} children
 * @returns {any} The element.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * @param {string} id
 * @returns {any} The element of the page that has it.
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Tells those who do not see the page, once they have heard what they are hearing.
 * @param {string} text
 */
export function say(text) {
  byId("said").textContent = text;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
