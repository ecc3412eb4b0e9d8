// Reads an Arrow stream from standard input with apache-arrow and writes schema and rows as JSON.
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';

const table = tableFromIPC(readFileSync(0));
const { schema } = table;
/** @param {unknown} value */
const plain = (value) => (typeof value === 'bigint' ? value.toString(16) : value);
const rows = table.toArray().map((row) => Object.fromEntries(schema.fields.map(({ name }) => [name, plain(row[name])])));
const types = Object.fromEntries(schema.fields.map(({ name, type }) => [name, String(type)]));
process.stdout.write(JSON.stringify({ metadata: Object.fromEntries(schema.metadata), types, rows }));
