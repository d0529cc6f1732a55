// The HTTP API, as any client may use it. Addresses are relative to this file, so that the prefix
// of a proxy is in all of them.
const ROOT = new URL("../", import.meta.url);
const OFFLINE = "The service does not answer. Please try again.";
const TRANSIENT = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

export const SIGNED_OUT = "signed-out";

/** An error in the API's own words; `status` is 0 where no answer came. */
export class Problem extends Error {
  /**
   * @param {string} detail
   * @param {number} status
   * @param {number} [retryAfterSec]
   */
  constructor(detail, status, retryAfterSec = 0) {
    super(detail);
    this.status = status;
    this.retryAfterSec = retryAfterSec;
  }

  /** Whether the same request may succeed later. */
  get isTransient() {
    return TRANSIENT.has(this.status);
  }
}

/** @param {string} path Without a leading slash. */
export function address(path) {
  return new URL(path, ROOT).href;
}

/**
 * @param {string} documentUuid
 * @param {number} [ordinal]
 * @returns {string} Where the page shows a document, at a passage of it.
 */
export function documentAddress(documentUuid, ordinal) {
  const fragment = ordinal === undefined ? "" : `#passage=${ordinal}`;
  return address(`d/${encodeURIComponent(documentUuid)}${fragment}`);
}

/**
 * @param {number} status
 * @param {string} body
 * @param {string | null} retryAfter
 */
export function problemOf(status, body, retryAfter) {
  let detail = `The service answered with the status ${status}.`;
  try {
    detail = JSON.parse(body).detail ?? detail;
  } catch {
    // A proxy's page is no sentence of ours.
  }
  return new Problem(detail, status, Number(retryAfter) || 0);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: unknown, headers?: Record<string, string>, signal?: AbortSignal,
 *   keepalive?: boolean, isSignIn?: boolean}} [options] `isSignIn`: a 401 is no end of a session.
 * @returns {Promise<Response>} A response of the 2xx kind; a Problem is thrown for any other.
 */
export async function send(method, path, { body, headers = {}, isSignIn = false, ...rest } = {}) {
  /** @type {Record<string, string>} */
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  const init = { method, headers: { ...json, ...headers }, body: JSON.stringify(body), ...rest };
  const response = await fetch(address(path), init).catch((error) => {
    throw error.name === "AbortError" ? error : new Problem(OFFLINE, 0);
  });
  if (response.ok) return response;
  if (response.status === 401 && !isSignIn) window.dispatchEvent(new Event(SIGNED_OUT));
  const text = await response.text().catch(() => "");
  throw problemOf(response.status, text, response.headers.get("Retry-After"));
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Parameters<typeof send>[2]} [options]
 * @returns {Promise<any>} The JSON of the answer; null where it is empty.
 */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : jsonOf(response);
}

/** @param {Response} response @returns {Promise<any>} A Problem is thrown where it breaks off, or is no JSON. */
function jsonOf(response) {
  return response.json().catch((error) => {
    throw error.name === "AbortError" ? error : new Problem(OFFLINE, 0);
  });
}

/**
 * @param {string} path
 * @param {Record<string, string | number | undefined>} query
 * @returns {Promise<{items: any[], hasMore: boolean}>} A page of a list.
 */
export async function list(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const response = await send("GET", `${path}?${search}`);
  return { items: await jsonOf(response), hasMore: response.headers.has("Link") };
}

/**
 * @param {string} path
 * @param {number} pages
 * @param {number} limit
 * @returns {Promise<{items: any[], hasMore: boolean}>} The first pages of a list, as one.
 */
export async function pagesOf(path, pages, limit) {
  /** @type {any[]} */
  const all = [];
  let hasMore = true;
  for (let page = 0; page < pages && hasMore; page += 1) {
    const found = await list(path, { limit, before: all.at(-1)?.uuid });
    all.push(...found.items);
    hasMore = found.hasMore;
  }
  return { items: all, hasMore };
}
