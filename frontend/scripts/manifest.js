/**
 * Compresses the files of a build, and lists them in its manifest, build.json:
 *
 *     {
 *       "digest": "0123456789abcdef",                    of all files; part of the address that may be cached for good
 *       "files": { "main-X.js": { "hash": "…", "encodings": ["br", "gzip", "zstd"] } },
 *       "pages": { "index.html": { "first": ["main-X.js"], "later": ["later-Y.js"] } }
 *     }
 *
 * `hash` is that of the file as it is, for its ETag; for each of `encodings` there is a compressed file beside it.
 */

/** @import { BuiltFile } from "./bundle.js" */
import { createHash } from "node:crypto";
import { extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";

/** Hexadecimal digits: 96 bits of SHA-256 for a file, 64 for the whole build. */
const HASH_DIGITS = 24;
const DIGEST_DIGITS = 16;
/** zstd's strongest level that needs no more memory in a browser. */
const ZSTD_LEVEL = 19;
const COMPRESSED_TYPES = new Set([".js", ".mjs", ".css", ".svg", ".txt", ""]);
/** A file so small gains nothing, bytes. */
const LEAST_SIZE = 256;

/** @type {Readonly<Record<string, { suffix: string, compress: (body: Uint8Array) => Promise<Uint8Array> }>>} */
export const ENCODINGS = {
  br: {
    suffix: ".br",
    compress: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }),
  },
  gzip: { suffix: ".gz", compress: (body) => promisify(gzip)(body, { level: 9 }) },
  zstd: {
    suffix: ".zst",
    compress: (body) =>
      promisify(zstdCompress)(body, { pledgedSrcSize: body.length, params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
  },
};

/** @typedef {{ hash: string, encodings: string[] }} FileEntry */
/** @typedef {{ first: string[], later: string[] }} PageEntry modules that a page begins with, and those that it imports later */
/** @typedef {{ digest: string, files: Record<string, FileEntry>, pages: Record<string, PageEntry> }} Manifest */

/** @param {Uint8Array} body */
export function contentHash(body) {
  return createHash("sha256").update(body).digest("hex").slice(0, HASH_DIGITS);
}

/**
 * Return a file in each encoding that makes it smaller; none of what is compressed by itself, of pages and of source maps.
 * @param {BuiltFile} file @returns {Promise<{ encoding: string, file: BuiltFile }[]>}
 */
export async function compressFile({ name, body }) {
  if (!COMPRESSED_TYPES.has(extname(name)) || body.length < LEAST_SIZE) return [];
  const packed = Object.entries(ENCODINGS).map(async ([encoding, { suffix, compress }]) => ({
    encoding,
    file: { name: `${name}${suffix}`, body: await compress(body) },
  }));
  return (await Promise.all(packed)).filter(({ file }) => file.body.length < body.length);
}

/**
 * @param {readonly BuiltFile[]} files without the compressed ones
 * @param {Readonly<Record<string, string[]>>} encodings by the name of a file
 * @param {Record<string, PageEntry>} pages
 * @returns {Manifest}
 */
export function writeManifest(files, encodings, pages) {
  const sorted = [...files].sort((one, other) => (one.name < other.name ? -1 : 1));
  const entries = sorted.map(
    ({ name, body }) => /** @type {const} */ ([name, { hash: contentHash(body), encodings: encodings[name] ?? [] }]),
  );
  const digest = createHash("sha256")
    .update(entries.map(([name, { hash }]) => `${name}\0${hash}\n`).join(""))
    .digest("hex")
    .slice(0, DIGEST_DIGITS);
  return { digest, files: Object.fromEntries(entries), pages };
}
