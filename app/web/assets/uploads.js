// Files on their way: one after the other, each with its progress.
import { SIGNED_OUT, address, problemOf } from "./api.js";
import { byId, element } from "./dom.js";

/** @type {Promise<void>} */
let last = Promise.resolve();

/**
 * @param {Iterable<File>} files
 * @param {() => void} onTaken Told of each that is in.
 */
export function upload(files, onTaken) {
  for (const file of files) {
    const row = new UploadRow(file);
    byId("uploads").append(row.element);
    last = last.then(() => transfer(file, row, onTaken));
  }
}

class UploadRow {
  /** @param {File} file */
  constructor(file) {
    this.progress = element("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    this.state = element("p", { className: "muted" }, "Waiting to be sent");
    const name = element("p", { className: "row-title", dir: "auto" }, file.name);
    this.body = element("div", { className: "row-body" }, name, this.state, this.progress);
    this.element = element("li", { className: "row" }, this.body);
  }

  /** @param {number} share */
  advance(share) {
    this.progress.value = share;
    this.state.textContent = share < 1 ? `Sending: ${Math.floor(share * 100)} %` : "Sent";
  }

  /** @param {string} sentence */
  fail(sentence) {
    this.progress.remove();
    this.state.className = "problem";
    this.state.setAttribute("role", "alert");
    this.state.textContent = sentence;
    const close = () => this.element.remove();
    this.element.append(element("button", { type: "button", className: "quiet", onclick: close }, "Close"));
  }
}

/**
 * By XMLHttpRequest, since fetch does not say how much of a body has gone.
 * @param {File} file @param {UploadRow} row @param {() => void} onTaken
 * @returns {Promise<void>}
 */
function transfer(file, row, onTaken) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("v1/documents"));
    request.upload.onprogress = (event) => row.advance(event.loaded / event.total);
    request.onloadend = () => {
      const { status, responseText } = request;
      if (status === 401) window.dispatchEvent(new Event(SIGNED_OUT));
      if (status === 200 || status === 202) {
        row.element.remove();
        onTaken();
      } else {
        row.fail(sentenceOf(status, responseText));
      }
      resolve();
    };
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

/** @param {number} status @param {string} body */
function sentenceOf(status, body) {
  if (status === 0) return "The file could not be sent: the connection was lost, or it cannot be read.";
  return problemOf(status, body, null).message;
}
